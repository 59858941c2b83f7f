internal import RandomSampling

/// How far the mean of independent terms is from its expectation, in deviations of a normal.
///
/// The mean of n terms with skew γ has skew γ/√n: it is taken for Pearson's type III, a gamma
/// distribution with the right mean, variance and skew, which is exact for the squares of normals; the
/// gamma is turned into a normal by Wilson and Hilferty's cube root.
///
/// - Source: Wilson and Hilferty (1931), "The distribution of chi-square".
struct SampleMean: Sendable {
  /// The variance of one term.
  let variance: Double
  /// The skew of one term.
  let skew: Double

  /// Terms xᵏ of standardized values x.
  ///
  /// - Parameter moments: The mean of x⁰ … x¹².
  init?(power k: Int, of moments: [Double]) {
    let mean = moments[k]
    variance = moments[2 * k] - mean * mean
    // Powers of two opposite values are no sample of anything.
    guard variance > 1e-9 else { return nil }
    let third = moments[3 * k] - 3 * moments[2 * k] * mean + 2 * mean * mean * mean
    skew = third / (variance * variance.squareRoot())
  }

  /// The distance of a mean of `count` terms from its expectation, as that of a standard normal.
  func score(ofDistance distance: Double, count: Double) -> Double {
    let score = distance / (variance / count).squareRoot()
    let skew = skew / count.squareRoot()
    guard abs(skew) > 1e-6 else { return score }
    let gammaShape = 4 / (skew * skew)
    let ratio = 1 + score * skew / 2
    let sign: Double = skew < 0 ? -1 : 1
    guard ratio > 0 else { return -sign * Self.beyond }
    let root = PortableMath.power(ratio, 1.0 / 3)
    return sign * (root - (1 - 1 / (9 * gammaShape))) * 3 * gammaShape.squareRoot()
  }

  /// Stands for what cannot happen.
  private static let beyond = 1000.0
}
