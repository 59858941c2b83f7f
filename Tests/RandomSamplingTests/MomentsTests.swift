import CTensorKernels
import RandomSampling
import TestSupport
import Testing

struct MomentsTests {
  /// Eight interleaved sums, added in a tree, in plain Swift.
  private func expected(_ values: [Double]) -> (mean: Double, squares: Double, count: Int) {
    func tree(_ s: [Double]) -> Double {
      ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
    }
    let finite = values.filter(\.isFinite)
    guard !finite.isEmpty else { return (0, 0, 0) }
    var sums = [Double](repeating: 0, count: 8)
    for (place, value) in values.enumerated() where value.isFinite { sums[place % 8] += value }
    let mean = tree(sums) / Double(finite.count)
    sums = [Double](repeating: 0, count: 8)
    for (place, value) in values.enumerated() where value.isFinite {
      sums[place % 8] += (value - mean) * (value - mean)
    }
    return (mean, tree(sums), finite.count)
  }

  private func check(
    _ measured: nascent_moments, _ values: [Double], _ comment: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (mean, squares, count) = expected(values)
    let finite = values.filter(\.isFinite)
    #expect(
      Int(measured.count) == count && Int(measured.not_finite) == values.count - count
        && measured.mean == mean && measured.squared_deviations == squares
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
}
