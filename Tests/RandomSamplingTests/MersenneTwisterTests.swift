import CTensorKernels
import Foundation
import RandomSampling
import TensorMemory
import TestSupport
import Testing

struct MersenneTwisterTests {
  /// ISO/IEC 14882, [rand.predef]: the 10000th word of `std::mt19937`, whose seed is 5489.
  @Test func `the ten thousandth word is that of the C++ standard`() {
    #expect(MersenneTwisterState(seed: 5489).words(9999..<10000) == [4_123_659_995])
  }

  @Test func `only the seed's lower 32 bits count`() {
    let words = MersenneTwisterState(seed: 7).words(0..<5)
    #expect(MersenneTwisterState(seed: 7 + (1 << 32)).words(0..<5) == words)
  }

  @Test(arguments: KernelPath.available)
  func `a jump arrives where single steps do`(path: KernelPath) {
    let kernel = nascent_path(UInt32(path.rawValue))
    for count in [0, 1, 2, 623, 624, 19936, 19937, 19938, 19968, 40000, 1_234_567, 5_000_000] {
      var stepped = beginning(of: 99)
      var jumped = stepped
      unsafe nascent_mt_step(kernel, &stepped, UInt64(count))
      unsafe nascent_mt_jump(kernel, &jumped, UInt64(count))
      #expect(stepped == jumped, "\(count)")
    }
  }

  /// 200 jumps of random lengths up to 2⁶³, each in one and in two parts.
  @Test func `two jumps are one of their sum`() {
    var generator = SeededGenerator(state: 11)
    for _ in 0..<200 {
      let shift = UInt64.random(in: 1...63, using: &generator)
      let first = UInt64.random(in: 0...UInt64.max, using: &generator) >> (shift + 1)
      let second = UInt64.random(in: 0...UInt64.max, using: &generator) >> (shift + 1)
      var once = beginning(of: UInt32(truncatingIfNeeded: shift))
      var twice = once
      let kernel = nascent_best_path()
      unsafe nascent_mt_jump(kernel, &once, first + second)
      unsafe nascent_mt_jump(kernel, &twice, first)
      unsafe nascent_mt_jump(kernel, &twice, second)
      #expect(once == twice, "\(first) + \(second)")
    }
  }

  @Test func `words do not depend on where reading begins, nor on what is remembered`() {
    let all = MersenneTwisterState(seed: 3).words(0..<10_000)
    let memory = StreamMemory()
    var generator = SeededGenerator(state: 2)
    for _ in 0..<200 {
      let lower = Int.random(in: 0..<10_000, using: &generator)
      let upper = Int.random(in: lower...10_000, using: &generator)
      let state = MersenneTwisterState(seed: 3, memory: memory)
      #expect(state.words(lower..<upper) == Array(all[lower..<upper]))
    }
  }

  @Test(arguments: KernelPath.available, FloatingFormat.allCases)
  func `every kernel path makes the same samples`(
    path: KernelPath, format: FloatingFormat
  ) throws {
    for count in [15, 16, 1000, 4099] {
      for isNormal in [false, true] {
        let best = try sample(0..<count, of: count, format, .best, isNormal: isNormal)
        let other = try sample(0..<count, of: count, format, path, isNormal: isNormal)
        #expect(best == other, "\(count) \(isNormal)")
      }
    }
  }

  @Test(arguments: FloatingFormat.allCases)
  func `any range of a tensor can be made alone`(format: FloatingFormat) throws {
    var generator = SeededGenerator(state: 5)
    let width = format.byteCount
    for count in [1, 2, 15, 16, 17, 31, 32, 33, 500, 5003] {
      for isNormal in [false, true] {
        let whole = try sample(0..<count, of: count, format, .best, isNormal: isNormal)
        for _ in 0..<20 {
          let lower = Int.random(in: 0...count, using: &generator)
          let upper = Int.random(in: lower...count, using: &generator)
          let part = try sample(lower..<upper, of: count, format, .best, isNormal: isNormal)
          #expect(
            part == Array(whole[lower * width..<upper * width]), "\(count) \(lower)..<\(upper)")
        }
      }
    }
  }

  /// log1p of doubles is within one unit of the last place of the C library's, which itself is within
  /// one of the exact value; on the platform it was taken from it is the same.
  @Test func `log1p is the C library's, but for its last place`() {
    var generator = SeededGenerator(state: 9)
    for _ in 0..<20_000 {
      let exponent = Int.random(in: -53...0, using: &generator)
      let x =
        -Double.random(in: 0..<1, using: &generator)
        * Double(sign: .plus, exponent: exponent, significand: 1)
      let expected = Foundation.log1p(x)
      #expect(abs(nascent_log1p64(x) - expected) <= expected.ulp, "\(x)")
    }
    #expect(nascent_log1p64(-0.0) == 0)
  }

  /// A moment of n samples deviates from its expectation by less than six of its own deviations.
  @Test func `a truncated normal has the moments of one`() throws {
    let count = 200_000
    let draw = TruncatedNormalDraw(
      count: count, format: .float64, mean: 0, standardDeviation: 1, lower: 0.5, upper: 1)
    let storage = try TensorStorage(byteCount: count * 8)
    storage.fill(0..<count * 8) {
      MersenneTwisterState(seed: 1).fillTruncatedNormal(&$0, elements: 0..<count, draw)
    }
    storage.seal()
    let values = storage.withBytes { $0.array(of: Double.self) }
    #expect(values.allSatisfy { $0 >= 0.5 && $0 <= 1 })
    // φ(x) = exp(−x²/2) / √2π; mean = (φ(a) − φ(b)) / (Φ(b) − Φ(a)).
    let density = { (x: Double) in exp(-x * x / 2) / (2 * Double.pi).squareRoot() }
    let mass = (erf(1 / 2.0.squareRoot()) - erf(0.5 / 2.0.squareRoot())) / 2
    let mean = (density(0.5) - density(1)) / mass
    let variance = 1 + (0.5 * density(0.5) - density(1)) / mass - mean * mean
    let found = values.reduce(0, +) / Double(count)
    #expect(abs(found - mean) < 6 * (variance / Double(count)).squareRoot())
  }

  @Test func `a permutation has every number once`() {
    for size in [0, 1, 2, 3, 100, 1000] {
      let order = MersenneTwisterState(seed: 4).permutation(of: size)
      #expect(order.sorted() == Array(0..<size))
    }
  }

  /// `torch.manual_seed(7); torch.randperm(10)` of PyTorch 2.13.
  @Test func `a permutation is PyTorch's`() {
    #expect(MersenneTwisterState(seed: 7).permutation(of: 10) == [5, 0, 3, 4, 1, 7, 9, 6, 8, 2])
  }

  private func beginning(of seed: UInt32) -> [UInt32] {
    var state = [UInt32](repeating: 0, count: Int(nascent_mt_size))
    unsafe nascent_mt_seed(seed, &state)
    return state
  }

  private func sample(
    _ range: Range<Int>, of count: Int, _ format: FloatingFormat, _ path: KernelPath,
    isNormal: Bool
  ) throws -> [UInt8] {
    let state = MersenneTwisterState(seed: 21, drawnWordCount: 77, cachedPair: 70, path: path)
    let storage = try TensorStorage(byteCount: range.count * format.byteCount)
    storage.fill(0..<storage.byteCount) { span in
      if isNormal {
        state.fillNormal(
          &span, elements: range, of: count, mean: 0.3, standardDeviation: 1.7, as: format)
      } else {
        state.fillUniform(&span, elements: range, from: -0.3, to: 1.7, as: format)
      }
    }
    storage.seal()
    return storage.withBytes { $0.array(of: UInt8.self) }
  }
}
