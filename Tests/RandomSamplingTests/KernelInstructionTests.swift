import Foundation
import RandomSampling
import TestSupport
import Testing

/// Guards the kernels' speed without a clock: how many instructions an element takes, by Valgrind's
/// count, compiled as a release is. Half as many again as were counted fail.
@Suite(.enabled(if: Counting.isPossible, "needs clang, valgrind and AVX2"))
struct KernelInstructionTests {
  /// Counted with clang 21 on the AVX2 path.
  @Test(arguments: [
    ("uniform_f32", 6.6), ("uniform_f16", 7.2), ("uniform_bf16", 8.3), ("uniform_f64", 18.9),
    ("normal_f32", 22.0), ("truncated_f32", 30.7), ("moments_f32", 2.6),
  ])
  func `a kernel takes no more instructions an element than it did`(
    kernel: String, counted: Double
  ) throws {
    let folder = try TemporaryFolder()
    let program = folder.path("instructions")
    let root = ProjectFiles.root.path
    let kernels = try FileManager.default
      .contentsOfDirectory(atPath: root + "/Sources/CTensorKernels")
      .filter { $0.hasSuffix(".c") }.map { root + "/Sources/CTensorKernels/" + $0 }
    let compiled = try ChildProcess.run(
      "clang",
      [
        "-O2", "-I", root + "/Sources/CTensorKernels/include", "-I",
        root + "/Sources/CTensorKernels", root + "/Tests/KernelGuard/instructions.c",
      ] + kernels + ["-o", program, "-lm"])
    try #require(compiled.status == 0, "\(compiled.errors)")
    func instructions(_ count: Int) throws -> Double {
      let run = try ChildProcess.run(
        "valgrind",
        ["--tool=callgrind", "--callgrind-out-file=/dev/null", program, kernel, "\(count)"])
      let line = run.errors.split(separator: "\n").first { $0.contains("Collected :") }
      return try #require(
        line?.split(separator: " ").last.flatMap { Double($0) }, "\(run.errors)")
    }
    let count = 1 << 16
    let perElement = try (instructions(2 * count) - instructions(count)) / Double(count)
    #expect(perElement > counted / 4, "\(kernel) cannot be so cheap: the driver is wrong")
    #expect(perElement < counted * 1.5, "\(perElement) instructions an element")
  }
}

private enum Counting {
  static let isPossible =
    KernelPath.best.rawValue >= KernelPath.avx2.rawValue
    && ["clang", "valgrind"].allSatisfy(ChildProcess.isInstalled)
}
