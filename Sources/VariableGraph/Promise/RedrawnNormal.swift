internal import RandomSampling

/// The standard normal of which a value beyond two deviations is drawn again, a few times at the most.
///
/// A share ℓ = (2 Q(2))ᵈ of the values, d the number of draws, lies beyond and has the normal's tails;
/// the others have the distribution of the normal cut off at 2.
struct RedrawnNormal: Sendable {
  private let share: Double
  private let cut: StandardCut

  /// What one draw has a chance of to lie beyond.
  private static let beyond = 2 * NormalDistribution.cumulative(-2)

  init(draws: Int) {
    share = Self.beyond.raised(to: draws)
    cut = .usual
  }

  /// The mean of xᵏ; 0 for odd k.
  private func moment(_ k: Int) -> Double {
    let inside = cut.moments[k] * cut.standardDeviation.raised(to: k)
    let tails =
      (DistributionShape.normal.moments[k] - (1 - Self.beyond) * inside) / Self.beyond
    return (1 - share) * inside + share * tails
  }

  var standardDeviation: Double { moment(2).squareRoot() }

  var shape: DistributionShape {
    let deviation = standardDeviation
    return DistributionShape(moments: (0...12).map { moment($0) / deviation.raised(to: $0) })
  }

  /// The probability of a value below `x`.
  func cumulative(below x: Double) -> Double {
    let inside = cut.cumulative(below: x)
    let tails =
      (NormalDistribution.cumulative(x) - (1 - Self.beyond) * inside) / Self.beyond
    return (1 - share) * inside + share * tails
  }

  /// The probability of a value farther from 0 than `distance`.
  func chance(beyond distance: Double) -> Double {
    guard distance >= 2 else { return 1 }
    return share * 2 * NormalDistribution.cumulative(-distance) / Self.beyond
  }
}
