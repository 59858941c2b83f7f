/// The form of a distribution, apart from its place and width.
struct DistributionShape: Sendable {
  /// The mean of ((x − mean) / deviation)ᵏ for k = 0…12.
  let moments: [Double]

  /// N(0, 1): (k − 1)!! for even k.
  static let normal = DistributionShape(moments: [1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395])

  /// U[−√3, √3): 3^(k/2) / (k + 1) for even k.
  static let uniform = DistributionShape(
    moments: [1, 0, 1, 0, 9 / 5, 0, 27 / 7, 0, 9, 0, 243 / 11, 0, 729 / 13])

  /// A coordinate of a random vector of length √n in n dimensions: (k − 1)!! nᵏᐟ² / (n (n + 2) …).
  static func sphere(_ length: Int) -> DistributionShape {
    let n = Double(length)
    var moments = [Double](repeating: 0, count: 13)
    moments[0] = 1
    for k in stride(from: 2, through: 12, by: 2) {
      moments[k] = moments[k - 2] * Double(k - 1) * n / (n + Double(k - 2))
    }
    return DistributionShape(moments: moments)
  }
}

extension ValueDistribution {
  /// The form; `nil` for what has no width, and for what is not known.
  var shape: DistributionShape? {
    guard let deviation = standardDeviation, deviation > 0 else { return nil }
    switch self {
    case .constant, .within: return nil
    case .uniform: return .uniform
    case .normal: return .normal
    case .truncatedNormal: return standardCut.map { DistributionShape(moments: $0.moments) }
    case .redrawnNormal(_, _, let draws): return RedrawnNormal(draws: draws).shape
    case .orthogonal(_, let length): return .sphere(length)
    case .sparse(let share, let part):
      guard let mean = part.mean, let own = part.standardDeviation else { return nil }
      let whole = share * mean
      // Of the part the central moments are moved to the whole's mean; of the zeros there is one value.
      let moments = part.shape?.moments ?? [1] + [Double](repeating: 0, count: 12)
      return DistributionShape(
        moments: (0...12).map { k in
          var moved = 0.0
          var binomial = 1.0
          for j in 0...k {
            moved +=
              binomial * moments[j] * own.raised(to: j) * (mean - whole).raised(to: k - j)
            binomial *= Double(k - j) / Double(j + 1)
          }
          return (share * moved + (1 - share) * (-whole).raised(to: k)) / deviation.raised(to: k)
        })
    }
  }
}

extension Double {
  /// The power by multiplications, of a small exponent.
  func raised(to exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<exponent { power *= self }
    return power
  }
}
