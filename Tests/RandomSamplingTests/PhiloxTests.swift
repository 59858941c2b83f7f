import CTensorKernels
import Foundation
import RandomSampling
import TensorMemory
import TestSupport
import Testing

struct PhiloxTests {
  /// Random123's `kat_vectors`, the rows `philox4x32 10`: counter, key, expected.
  @Test(
    arguments: [
      (
        [0, 0, 0, 0], [0, 0],
        [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
      ),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func `a block is that of Random123`(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    #expect(PhiloxStream.block(counter: counter, key: key) == expected)
  }

  @Test(arguments: KernelPath.available)
  func `every kernel path makes the same words and samples`(path: KernelPath) throws {
    let seed = SeedPair(7, 99)
    let reference = PhiloxStream(seed: seed, path: .baseline)
    let stream = PhiloxStream(seed: seed, path: path)
    let carry = 1 << 34
    for range in [
      0..<1, 3..<4, 0..<1000, 5..<777, 1023..<1025, 4_000_000_001..<4_000_000_600,
      carry - 301..<carry + 301,
    ] {
      #expect(stream.words(range) == reference.words(range))
      for format in FloatingFormat.allCases {
        for kind in SampleKind.allCases {
          #expect(
            try kind.sample(stream, range, format) == kind.sample(reference, range, format),
            "\(range) \(format) \(kind)")
        }
      }
    }
  }

  @Test func `a range of elements is the same range of the whole`() throws {
    var generator = SeededGenerator(state: 20)
    let stream = PhiloxStream(seed: SeedPair(seed: 3))
    for format in FloatingFormat.allCases {
      for kind in SampleKind.allCases {
        let whole = try kind.sample(stream, 0..<2000, format)
        for _ in 0..<50 {
          let lower = Int.random(in: 0...2000, using: &generator)
          let upper = Int.random(in: lower...2000, using: &generator)
          let width = format.byteCount
          #expect(
            try kind.sample(stream, lower..<upper, format)
              == whole[lower * width..<upper * width], "\(lower)..<\(upper) \(format) \(kind)")
        }
      }
    }
  }

  #if os(Linux) && arch(x86_64)
    /// The Box-Muller transform has 2²³ inputs for each function, so glibc is compared on all.
    @Test(arguments: KernelPath.available)
    func `logarithm, sine and cosine are glibc's on every input`(path: KernelPath) {
      let step = 1 << 16
      var differing = 0
      var log = [Float](repeating: 0, count: step)
      var sine = log
      var cosine = log
      for first in stride(from: 0, to: 1 << 23, by: step) {
        nascent_box_muller_terms(
          nascent_path(UInt32(path.rawValue)), UInt32(first), UInt32(step), &log, &sine, &cosine)
        for place in 0..<step {
          let unit = Float(first + place) * 0x1p-23
          let angle = Float(2 * Double.pi * Double(unit))
          let logIsEqual = logf(max(unit, 1e-7)).bitPattern == log[place].bitPattern
          let sineIsEqual = sinf(angle).bitPattern == sine[place].bitPattern
          let cosineIsEqual = cosf(angle).bitPattern == cosine[place].bitPattern
          if !(logIsEqual && sineIsEqual && cosineIsEqual) { differing += 1 }
        }
      }
      #expect(differing == 0)
    }
  #endif

  /// The mean of n uniforms on [0, 1) has deviation 1/√(12 n); of n normals, 1/√n. Six deviations.
  @Test func `means and variances are those of the distributions`() throws {
    let n = 1_000_000
    let stream = PhiloxStream(seed: SeedPair(seed: 11))
    let uniform = try SampleKind.uniform.moments(stream, n)
    #expect(abs(uniform.mean - 0.5) < 6 / (12 * Double(n)).squareRoot())
    #expect(uniform.minimum >= 0 && uniform.maximum < 1)
    let normal = try SampleKind.normal.moments(stream, n)
    #expect(abs(normal.mean) < 6 / Double(n).squareRoot())
    // The variance of n normals has deviation √(2 / n).
    #expect(
      abs(normal.standardDeviation * normal.standardDeviation - 1)
        < 6 * (2 / Double(n)).squareRoot())
    let truncated = try SampleKind.truncated.moments(stream, n)
    #expect(truncated.minimum > -2 && truncated.maximum < 2)
    // The deviation of the normal cut off at ±2 is 0.8796…; its variance's own deviation is below
    // that of a normal.
    #expect(
      abs(truncated.standardDeviation * truncated.standardDeviation - 0.77374)
        < 6 * (2 / Double(n)).squareRoot())
  }
}

/// The three kinds of samples with plain parameters.
enum SampleKind: CaseIterable {
  case uniform, normal, truncated

  func sample(
    _ stream: PhiloxStream, _ range: Range<Int>, _ format: FloatingFormat
  ) throws -> Data {
    let storage = try filled(stream, range, format)
    return storage.withBytes { $0.data }
  }

  func moments(_ stream: PhiloxStream, _ count: Int) throws -> Moments {
    try filled(stream, 0..<count, .float32).withBytes { Moments(of: $0, as: .float32) }
  }

  private func filled(
    _ stream: PhiloxStream, _ range: Range<Int>, _ format: FloatingFormat
  ) throws -> TensorStorage {
    let storage = try TensorStorage(byteCount: range.count * format.byteCount)
    storage.fill(0..<storage.byteCount) { span in
      switch self {
      case .uniform: stream.fillUniform(&span, elements: range, from: 0, to: 1, as: format)
      case .normal:
        stream.fillNormal(&span, elements: range, mean: 0, standardDeviation: 1, as: format)
      case .truncated:
        stream.fillTruncatedNormal(
          &span, elements: range, mean: 0, standardDeviation: 1, as: format)
      }
    }
    storage.seal()
    return storage
  }
}
