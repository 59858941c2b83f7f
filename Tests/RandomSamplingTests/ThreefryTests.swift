import CTensorKernels
import Foundation
import RandomSampling
import TensorMemory
import TestSupport
import Tensors
import Testing

struct ThreefryTests {
  /// Random123's `kat_vectors`, the rows `threefry2x32 20`: counter, key, expected.
  @Test(
    arguments: [
      ([0, 0], [0, 0], [0x6b20_0159, 0x99ba_4efe]),
      ([0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff], [0x1cb9_96fc, 0xbb00_2be7]),
      ([0x243f_6a88, 0x85a3_08d3], [0x1319_8a2e, 0x0370_7344], [0xc492_3a9c, 0x483d_f7a0]),
    ] as [([UInt32], [UInt32], [UInt32])])
  func `a block is that of Random123`(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    #expect(ThreefryStream.block(counter: counter, key: key) == expected)
  }

  @Test(arguments: KernelPath.available, [true, false])
  func `every kernel path makes the same bits and samples`(
    path: KernelPath, isPartitionable: Bool
  ) throws {
    let key = ThreefryKey(7, 99, isPartitionable: isPartitionable)
    let reference = ThreefryStream(key: key, path: .baseline)
    let stream = ThreefryStream(key: key, path: path)
    let count = 4_000_001_001
    for range in [0..<1, 3..<4, 0..<1300, 5..<777, 4_000_000_001..<4_000_000_600] {
      #expect(stream.bits(range, of: count) == reference.bits(range, of: count))
      for format in FloatingFormat.allCases {
        for kind in ThreefrySample.allCases {
          #expect(
            try kind.sample(stream, range, of: count, format)
              == kind.sample(reference, range, of: count, format), "\(range) \(format) \(kind)")
        }
      }
    }
  }

  @Test(arguments: [true, false])
  func `a range of elements is the same range of the whole`(isPartitionable: Bool) throws {
    var generator = SeededGenerator(state: 21)
    let stream = ThreefryStream(key: ThreefryKey(3, 4, isPartitionable: isPartitionable))
    var cases = 0
    for format in FloatingFormat.allCases {
      for kind in ThreefrySample.allCases {
        let whole = try kind.sample(stream, 0..<1501, of: 1501, format)
        for _ in 0..<30 {
          let lower = Int.random(in: 0...1501, using: &generator)
          let upper = Int.random(in: lower...1501, using: &generator)
          let width = format.byteCount
          #expect(
            try kind.sample(stream, lower..<upper, of: 1501, format)
              == whole[lower * width..<upper * width], "\(lower)..<\(upper) \(format) \(kind)")
          cases += 1
        }
      }
    }
    #expect(cases >= 200)
  }

  /// The digests are those of `jax.jit(jax.lax.erf_inv)` on the same 2²³ floats, JAX 0.10.2 on an
  /// x86-64 CPU: all that a normal, or one cut off at ±2, can be made of.
  @Test(
    arguments: KernelPath.available,
    [
      (
        -0x1.fffffep-1 as Float, 1 as Float,
        "6e5ef9e7bdacc4c08604f733f163e982cc70e42b4eccbdc252224f57d99e10c4"
      ),
      (
        -0x1.e8b43p-1, 0x1.e8b43p-1,
        "5a353c364a5a900a7641612312c49a8286e938b3537cb9ff1766d2d5d96ca344"
      ),
    ])
  func `the inverse error function is XLA's on every input`(
    path: KernelPath, bounds: (low: Float, high: Float, digest: String)
  ) {
    let step = 1 << 18
    let width = bounds.high - bounds.low
    var digest = DigestBuilder()
    var results = [Float](repeating: 0, count: step)
    for first in stride(from: 0, to: 1 << 23, by: step) {
      // Products of 23 and 24 bits are exact in double, and so are these sums.
      let inputs = (first..<first + step).map {
        max(Float(Double($0) * 0x1p-23 * Double(width) + Double(bounds.low)), bounds.low)
      }
      nascent_erf_inv_f32(
        nascent_path(UInt32(path.rawValue)), UInt64(step), inputs, &results)
      digest.append(results.withUnsafeBytes { Data($0) })
    }
    #expect(digest.finish().hex == bounds.digest)
  }

  /// Counters have 32 bits, so that a long draw of the older mode is made of blocks of 2³² − 1 words,
  /// each with a key that the first one is split into. In a block of n words, padded to an even n,
  /// word i is the first output of the pair (i, i + n/2), and word n/2 + i the second.
  @Test func `a long draw of the older mode is made of blocks`() {
    let key = ThreefryKey(1, 2, isPartitionable: false)
    let block = Int(UInt32.max)
    let half = UInt32(1) << 31
    let count = 2 * block + 11
    let stream = ThreefryStream(key: key)
    let keys = (0..<3).map { key.split(into: 3, at: $0) }.map { [$0.first, $0.second] }
    let found = stream.bits(block - 2..<block + 2, of: count)
    let last = [UInt32.max - 2, UInt32.max - 1].map {
      ThreefryStream.block(counter: [$0 - half, $0], key: keys[0])[1]
    }
    let next = [0, 1].map { ThreefryStream.block(counter: [$0, $0 + half], key: keys[1])[0] }
    #expect(found == last + next)
    let rest = ThreefryStream(key: ThreefryKey(keys[2][0], keys[2][1], isPartitionable: false))
    #expect(stream.bits(2 * block..<2 * block + 11, of: count) == rest.bits(0..<11, of: 11))
  }

  /// As in `PhiloxTests`: six deviations of the mean and the variance of n samples.
  @Test func `means and variances are those of the distributions`() throws {
    let n = 1_000_000
    let stream = ThreefryStream(key: ThreefryKey(seed: 11))
    let uniform = try ThreefrySample.uniform.moments(stream, n)
    #expect(abs(uniform.mean - 0.5) < 6 / (12 * Double(n)).squareRoot())
    #expect(uniform.minimum >= 0 && uniform.maximum < 1)
    let normal = try ThreefrySample.normal.moments(stream, n)
    #expect(abs(normal.mean) < 6 / Double(n).squareRoot())
    let variance = normal.standardDeviation * normal.standardDeviation
    #expect(abs(variance - 1) < 6 * (2 / Double(n)).squareRoot())
    let truncated = try ThreefrySample.truncated.moments(stream, n)
    #expect(truncated.minimum > -2 && truncated.maximum < 2)
    // The variance of the normal cut off at ±2 is 0.77374.
    let cut = truncated.standardDeviation * truncated.standardDeviation
    #expect(abs(cut - 0.77374) < 6 * (2 / Double(n)).squareRoot())
  }
}

/// The three kinds of samples with plain parameters.
enum ThreefrySample: CaseIterable {
  case uniform, normal, truncated

  func sample(
    _ stream: ThreefryStream, _ range: Range<Int>, of count: Int, _ format: FloatingFormat
  ) throws -> Data {
    try filled(stream, range, of: count, format).withBytes { $0.data }
  }

  func moments(_ stream: ThreefryStream, _ count: Int) throws -> Moments {
    try filled(stream, 0..<count, of: count, .float32).withBytes { Moments(of: $0, as: .float32) }
  }

  private func filled(
    _ stream: ThreefryStream, _ range: Range<Int>, of count: Int, _ format: FloatingFormat
  ) throws -> TensorStorage {
    let storage = try TensorStorage(byteCount: range.count * format.byteCount)
    storage.fill(0..<storage.byteCount) { span in
      switch self {
      case .uniform:
        stream.fillUniform(&span, elements: range, of: count, from: 0, to: 1, as: format)
      case .normal:
        stream.fillNormal(
          &span, elements: range, of: count, scaling: .productAndSum(1, 0), as: format)
      case .truncated:
        stream.fillTruncatedNormal(
          &span, elements: range, of: count, lower: -2, upper: 2, scaling: .product(1),
          as: format)
      }
    }
    storage.seal()
    return storage
  }
}
