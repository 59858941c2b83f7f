internal import RandomSampling

/// The standard normal between two bounds.
struct StandardCut: Sendable {
  let bounds: ClosedRange<Double>
  let mean: Double
  let standardDeviation: Double
  /// The mean of ((x − mean) / deviation)ᵏ for k = 0…12.
  let moments: [Double]

  /// What most initializers draw from: cut off at ±2.
  static let usual = StandardCut(symmetric: 2)

  /// A normal cut off at bounds; `nil` where they leave nothing to integrate.
  init?(_ bounds: ClosedRange<Double>) {
    let isUsual = abs(bounds.lowerBound + 2) < 1e-9 && abs(bounds.upperBound - 2) < 1e-9
    guard let cut = isUsual ? Self.usual : StandardCut(integrating: bounds) else { return nil }
    self = cut
  }

  /// Cut off on both sides at a positive distance.
  private init(symmetric distance: Double) {
    guard let cut = StandardCut(integrating: -distance...distance) else {
      preconditionFailure("bounds with a width leave something to integrate")
    }
    self = cut
  }

  /// Integrates by Simpson's rule; beyond nine deviations there is nothing that a double can tell.
  private init?(integrating bounds: ClosedRange<Double>) {
    let a = max(bounds.lowerBound, -9)
    let b = min(bounds.upperBound, 9)
    guard a < b else { return nil }
    self.bounds = bounds
    let count = 1024
    let step = (b - a) / Double(count)
    // The density relative to its largest value, so that far tails do not vanish.
    let nearest = a > 0 ? a : (b < 0 ? b : 0)
    var points: [(x: Double, weight: Double)] = []
    var total = 0.0
    for place in 0...count {
      let x = a + step * Double(place)
      let factor = place == 0 || place == count ? 1.0 : (place % 2 == 1 ? 4 : 2)
      let weight = factor * PortableMath.exp((nearest - x) * (nearest + x) / 2)
      points.append((x, weight))
      total += weight
    }
    let isSymmetric = a == -b
    let center = isSymmetric ? 0 : points.reduce(0) { $0 + $1.x * $1.weight } / total
    var sums = [Double](repeating: 0, count: 13)
    for (x, weight) in points {
      var power = weight
      for k in 0...12 {
        sums[k] += power
        power *= x - center
      }
    }
    let variance = sums[2] / total
    guard variance > 0 else { return nil }
    mean = center
    let known: [Double: Double] = [2: ValueDistribution.truncatedDeviation, 9: 1]
    standardDeviation = (isSymmetric ? known[b] : nil) ?? variance.squareRoot()
    var power = 1.0
    var moments: [Double] = []
    for k in 0...12 {
      moments.append(isSymmetric && k % 2 == 1 ? 0 : sums[k] / total / power)
      power *= standardDeviation
    }
    self.moments = moments
  }

  /// The probability of a value below `x`.
  func cumulative(below x: Double) -> Double {
    if x <= bounds.lowerBound { return 0 }
    if x >= bounds.upperBound { return 1 }
    // On the side of the mean where little is left, by the other tail, which does not cancel.
    let (a, b) = (bounds.lowerBound, bounds.upperBound)
    func between(_ low: Double, _ high: Double) -> Double {
      low > 0
        ? NormalDistribution.cumulative(-low) - NormalDistribution.cumulative(-high)
        : NormalDistribution.cumulative(high) - NormalDistribution.cumulative(low)
    }
    let whole = between(a, b)
    return whole > 0 ? between(a, x) / whole : (x - a) / (b - a)
  }
}
