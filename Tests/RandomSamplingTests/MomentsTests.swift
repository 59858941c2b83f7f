import CTensorKernels
import RandomSampling
import TensorMemory
import TestSupport
import Testing

struct MomentsTests {
  /// What the definition says: eight interleaved sums, added in a tree.
  private struct Expected {
    var mean = 0.0
    var powers = [0.0, 0.0, 0.0]
    var finite: [Double] = []
  }

  private func expected(_ values: [Double]) -> Expected {
    func sum(_ term: (Double) -> Double) -> Double {
      var s = [Double](repeating: 0, count: 8)
      for (place, value) in values.enumerated() where value.isFinite { s[place % 8] += term(value) }
      return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
    }
    var expected = Expected(finite: values.filter(\.isFinite))
    guard !expected.finite.isEmpty else { return expected }
    let mean = sum { $0 } / Double(expected.finite.count)
    expected.mean = mean
    expected.powers = [
      sum { ($0 - mean) * ($0 - mean) },
      sum { ($0 - mean) * ($0 - mean) * ($0 - mean) },
      sum { (($0 - mean) * ($0 - mean)) * (($0 - mean) * ($0 - mean)) },
    ]
    return expected
  }

  private func check(
    _ measured: nascent_moments, _ values: [Double], _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = expected(values)
    let finite = expected.finite
    let found = [
      measured.squared_deviations, measured.cubed_deviations, measured.fourth_deviations,
    ]
    #expect(
      Int(measured.count) == finite.count
        && Int(measured.not_finite) == values.count - finite.count
        && measured.mean == expected.mean && found == expected.powers
        && measured.minimum == finite.min() ?? .infinity
        && measured.maximum == finite.max() ?? -.infinity,
      "\(comment)", sourceLocation: sourceLocation)
  }

  @Test(arguments: KernelPath.available)
  func `every path gives the moments of the definition`(path: KernelPath) {
    var generator = SeededGenerator(state: 5)
    let kernel = nascent_path(UInt32(path.rawValue))
    for count in [1, 7, 8, 16, 100, 1024] {
      for broken in [nil, Double.nan, .infinity, -.infinity] {
        var values = (0..<count).map { _ in Double(Float.random(in: -3...5, using: &generator)) }
        if let broken { values[count / 2] = broken }
        let singles = values.map(Float.init)
        let halves = singles.map(nascent_f16_from_f32)
        let brains = singles.map(nascent_bf16_from_f32)
        let label = "\(count) values, \(broken.map { "\($0)" } ?? "finite")"
        check(nascent_measure(kernel, NASCENT_F64, UInt64(count), values), values, label)
        check(nascent_measure(kernel, NASCENT_F32, UInt64(count), singles), values, label)
        check(
          nascent_measure(kernel, NASCENT_F16, UInt64(count), halves),
          halves.map { Double(nascent_f32_from_f16($0)) }, label)
        check(
          nascent_measure(kernel, NASCENT_BF16, UInt64(count), brains),
          brains.map { Double(nascent_f32_from_bf16($0)) }, label)
      }
    }
  }

  @Test func `integers are measured as doubles`() {
    let values: [Int64] = [-5, 0, 3, .max, .min, 12, 7, 9]
    check(
      nascent_measure(nascent_best_path(), NASCENT_I64, 8, values), values.map(Double.init), "int64"
    )
  }

  /// Merging adds a few roundings a part: 64 parts stay within 10⁻¹³ of the sums over all values, whose
  /// own error is below 10⁻¹⁴ at this size.
  @Test func `merged parts have the moments of the whole`() {
    var generator = SeededGenerator(state: 6)
    for _ in 0..<200 {
      let count = Int.random(in: 1...2000, using: &generator)
      let offset = Double.random(in: -4...4, using: &generator)
      let values = (0..<count).map { _ in offset + .random(in: -1...3, using: &generator) }
      var merged = Moments()
      var place = 0
      while place < count {
        let end = Swift.min(count, place + Int.random(in: 1...(count / 32 + 1), using: &generator))
        merged.merge(moments(Array(values[place..<end])))
        place = end
      }
      let whole = moments(values)
      #expect(merged.count == count && merged.minimum == whole.minimum)
      #expect(abs(merged.mean - whole.mean) < 1e-13)
      for (a, b) in [
        (merged.squaredDeviations, whole.squaredDeviations),
        (merged.cubedDeviations, whole.cubedDeviations),
        (merged.fourthDeviations, whole.fourthDeviations),
      ] {
        #expect(abs(a - b) <= 1e-13 * whole.fourthDeviations + 1e-13 * whole.squaredDeviations)
      }
    }
  }

  @Test func `skew and kurtosis are those of known values`() {
    // 0, 0, 0, 4: mean 1, variance 3, Σ d³ = 24, Σ d⁴ = 84.
    let measured = moments([0, 0, 0, 4])
    #expect(measured.excessKurtosis.map { abs($0 - (84.0 / 4 / 9 - 3)) < 1e-15 } == true)
    #expect(measured.skew.map { abs($0 - 6 / (3 * 3.0.squareRoot())) < 1e-15 } == true)
    #expect(moments([2, 2]).skew == nil)
    #expect(Moments().excessKurtosis == nil)
    #expect(moments([1e200, -1e200, 1]).excessKurtosis == nil)
  }

  private func moments(_ values: [Double]) -> Moments {
    Moments(of: values.span.bytes, as: .float64)
  }
}
