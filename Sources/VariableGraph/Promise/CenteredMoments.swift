internal import TensorMemory

/// The means of the powers of values, about any centre.
struct CenteredMoments {
  let count: Double
  let mean: Double
  /// The means of (x − mean)ᵏ for k = 0…4.
  private let central: [Double]

  init(_ moments: Moments) {
    count = Double(moments.count)
    mean = moments.mean
    central = [
      1, 0, moments.squaredDeviations / count, moments.cubedDeviations / count,
      moments.fourthDeviations / count,
    ]
  }

  private init(count: Double, mean: Double, central: [Double]) {
    self.count = count
    self.mean = mean
    self.central = central
  }

  /// The means of (x − center)ᵏ for k = 0…4.
  func powers(about center: Double) -> [Double] {
    let d = mean - center
    return [
      1, d, central[2] + d * d, central[3] + 3 * d * central[2] + d * d * d,
      central[4] + 4 * d * central[3] + 6 * d * d * central[2] + d * d * d * d,
    ]
  }

  /// The moments of `kept` of the values, where all others are 0.
  func withoutZeros(keeping kept: Double) -> CenteredMoments {
    guard kept > 0 else { return self }
    let raw = powers(about: 0).map { $0 * count / kept }
    let m = raw[1]
    return CenteredMoments(
      count: kept, mean: m,
      central: [
        1, 0, raw[2] - m * m, raw[3] - 3 * m * raw[2] + 2 * m * m * m,
        raw[4] - 4 * m * raw[3] + 6 * m * m * raw[2] - 3 * m * m * m * m,
      ])
  }
}
