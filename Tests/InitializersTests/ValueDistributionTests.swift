import Nascent
import TestSupport
import Testing

/// The numbers of distributions against those of their definitions.
struct ValueDistributionTests {
  private static let distributions: [ValueDistribution] = [
    .uniform(low: -2, high: 3), .normal(mean: 1, standardDeviation: 0.5),
    .truncatedNormal(mean: 1, standardDeviation: 2, from: -3, to: 5),
    .truncatedNormal(mean: 0, standardDeviation: 1, from: 0.5, to: 3),
    .truncatedNormal(mean: 0, standardDeviation: 1, from: 6, to: 7),
    .redrawnNormal(mean: 0.5, standardDeviation: 2, draws: 1),
    .redrawnNormal(mean: 0, standardDeviation: 1, draws: 4),
    .orthogonal(scale: 2, length: 3), .orthogonal(scale: 1, length: 12),
    .orthogonal(scale: 1, length: 64),
  ]

  /// Riemann sums over 4,000 cells of the cumulative function: a cell's middle stands for it, so that
  /// the moments are within (cell / deviation)², below 10⁻⁴, of the true ones; for the sphere of 64
  /// dimensions the cumulative function itself is within 10⁻⁴.
  @Test(arguments: distributions)
  func `mean, deviation, skew and kurtosis are those of the cumulative function`(
    distribution: ValueDistribution
  ) throws {
    let mean = try #require(distribution.mean)
    let deviation = try #require(distribution.standardDeviation)
    let ends = distribution.bounds ?? mean - 9 * deviation...mean + 9 * deviation
    let count = 4000
    let width = (ends.upperBound - ends.lowerBound) / Double(count)
    var sums = [0.0, 0, 0, 0, 0]
    var below = try #require(distribution.cumulative(below: ends.lowerBound))
    for cell in 0..<count {
      let start = ends.lowerBound + width * Double(cell)
      let end = cell == count - 1 ? ends.upperBound + width : start + width
      let next = try #require(distribution.cumulative(below: end))
      let x = (start + width / 2 - mean) / deviation
      for k in 0...4 {
        var power = next - below
        for _ in 0..<k { power *= x }
        sums[k] += power
      }
      below = next
    }
    #expect(abs(sums[0] - 1) < 1e-9)
    #expect(abs(sums[1]) < 1e-4)
    #expect(abs(sums[2] - 1) < 1e-3)
    #expect(try abs(sums[3] - #require(distribution.skew)) < 1e-3)
    #expect(try abs(sums[4] - 3 - #require(distribution.excessKurtosis)) < 3e-3)
  }

  @Test func `TensorFlow's constant is the deviation of the normal cut off at 2`() {
    // 1 − 2 t φ(t) / (2 Φ(t) − 1) with t = 2.
    let share = 2 * NormalDistribution.cumulative(2) - 1
    let variance = 1 - 4 * NormalDistribution.density(2) / share
    #expect(abs(variance.squareRoot() - ValueDistribution.truncatedDeviation) < 1e-12)
    let almost = ValueDistribution.truncatedNormal(
      mean: 0, standardDeviation: 1, from: -2.000001, to: 2)
    #expect(abs((almost.standardDeviation ?? 0) - ValueDistribution.truncatedDeviation) < 1e-6)
  }

  @Test func `a sparse value has the moments of its parts`() {
    let sparse = ValueDistribution.sparse(
      share: 0.25, .normal(mean: 0, standardDeviation: 2))
    #expect(sparse.mean == 0)
    #expect(sparse.standardDeviation == 1)
    // E x⁴ = ¼ · 3 · 16 = 12.
    #expect(sparse.excessKurtosis.map { abs($0 - 9) < 1e-12 } == true)
    let identity = ValueDistribution.sparse(share: 0.1, .constant(1))
    #expect(identity.standardDeviation.map { abs($0 - 0.3) < 1e-12 } == true)
    // (1 − 2 p) / √(p (1 − p)).
    #expect(identity.skew.map { abs($0 - 0.8 / 0.3) < 1e-12 } == true)
    #expect(identity.cumulative(below: 0) == 0)
    #expect(identity.cumulative(below: 0.5) == 0.9)
  }

  @Test func `a distribution without width is a constant`() {
    let flat = ValueDistribution.truncatedNormal(
      mean: 3, standardDeviation: 0, from: 3, to: 3)
    #expect(flat.mean == 3 && flat.standardDeviation == 0 && flat.hasAtoms)
    #expect(flat.cumulative(below: 3) == 0 && flat.cumulative(below: 3.1) == 1)
    let moments = Moments(of: [3.0, 3].span.bytes, as: .float64)
    #expect(DistributionCheck(flat, of: moments, as: .float64).verdict == .fits)
  }
}
