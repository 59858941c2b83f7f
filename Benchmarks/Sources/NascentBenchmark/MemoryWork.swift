import ArgumentParser
import Dispatch
import Foundation
import Nascent

/// Fills a tensor in memory that was touched before, with one initializer.
struct Fill: AsyncParsableCommand {
  @Option var initializer: String
  @Option var dtype = "float32"
  @Option var shape = "4096,4096"
  @Option var threads = 1
  @Option var runs = 7

  func run() async throws {
    let dimensions = shape.split(separator: ",").compactMap { Int($0) }
    var graph = VariableGraph(seed: 1)
    let value = try JSONValue(parsing: Data(initializer.utf8))
    let type = try ScalarType(rawValue: dtype).orThrow("unknown dtype \(dtype)")
    let variable = try graph.declare(
      "v", shape: dimensions, dtype: type,
      initializer: InitializerRegistry.standard.initializer(value))
    let filler = Filler(graph: graph, variable: variable, threads: threads)
    let pool = MemoryPool(byteCount: (variable.byteCount + 63) / 64 * 64)
    let timing = try await Timing.measure(runs: runs, bytes: variable.byteCount) {
      try filler.fill(TensorStorage(byteCount: variable.byteCount, from: pool))
    }
    try timing.print()
  }
}

/// Makes a tensor in memory that the system has just given; or, for comparison, only touches that
/// memory.
struct Fresh: AsyncParsableCommand {
  @Option var gibibytes = 1.0
  @Option var threads = 1
  @Option var runs = 5
  @Flag(help: "Set every byte to one value instead.") var touch = false

  func run() async throws {
    let columns = 1024
    let rows = Int(gibibytes * Double(1 << 30)) / (4 * columns)
    var graph = VariableGraph(seed: 1)
    let variable = try graph.declare("v", shape: [rows, columns], initializer: .heUniform())
    let filler = Filler(graph: graph, variable: variable, threads: threads)
    let timing = try await Timing.measure(runs: runs, bytes: variable.byteCount) {
      let storage = try TensorStorage(byteCount: variable.byteCount)
      if touch { try filler.touch(storage) } else { try filler.fill(storage) }
    }
    try timing.print()
  }
}

/// Fills a storage with a variable, chunk by chunk on several threads.
struct Filler: Sendable {
  let graph: VariableGraph
  let variable: Variable
  let threads: Int

  func fill(_ storage: TensorStorage) throws {
    let target = graph.fillTarget(for: variable)
    let width = variable.scalarType.byteCount
    try onChunks { bytes in
      try storage.fill(bytes) { span in
        try variable.initializer.fill(
          &span, elements: bytes.lowerBound / width..<bytes.upperBound / width, of: target)
      }
    }
  }

  func touch(_ storage: TensorStorage) throws {
    try onChunks { bytes in
      storage.fill(bytes) { span in
        span.withUnsafeMutableBytes { buffer in
          _ = buffer.initializeMemory(as: UInt8.self, repeating: 1)
        }
      }
    }
  }

  private func onChunks(_ body: @Sendable (Range<Int>) throws -> Void) throws {
    let step =
      variable.initializer.isElementwise(in: variable.dialect)
      ? Chunking.chunkByteCount : variable.byteCount
    let count = (variable.byteCount + step - 1) / step
    let failures = FailureBox()
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      do {
        for chunk in stride(from: thread, to: count, by: threads) {
          try body(chunk * step..<min((chunk + 1) * step, variable.byteCount))
        }
      } catch {
        failures.add(error)
      }
    }
    try failures.throwFirst()
  }
}
