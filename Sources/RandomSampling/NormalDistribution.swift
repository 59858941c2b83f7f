internal import CTensorKernels

/// The standard normal distribution, with the same bits on every platform.
public enum NormalDistribution {
  /// The density e^(−x²/2) / √(2π).
  public static func density(_ x: Double) -> Double {
    nascent_exp(-x * x / 2) / (2 * Double.pi).squareRoot()
  }

  /// The probability of a value below `x`.
  ///
  /// Accurate to 4 · 10⁻¹⁴: (1 + erf(x / √2)) / 2 with erf's series, and the continued fraction of
  /// its complement from 3 on.
  ///
  /// - Source: Abramowitz and Stegun (1964), "Handbook of mathematical functions", 7.1.5, 7.1.14.
  public static func cumulative(_ x: Double) -> Double {
    if x.isNaN { return x }
    let z = x.magnitude / 2.0.squareRoot()
    guard z < 3 else {
      let beyond = complement(min(z, 27)) / 2
      return x < 0 ? beyond : 1 - beyond
    }
    let half = series(z) / 2
    return x < 0 ? 0.5 - half : 0.5 + half
  }

  /// erf z = 2/√π · Σ (−1)ⁿ z²ⁿ⁺¹ / (n! (2n + 1)) for 0 ≤ z < 3.
  private static func series(_ z: Double) -> Double {
    var power = z
    var sum = z
    for n in 1...80 {
      power *= -z * z / Double(n)
      sum += power / Double(2 * n + 1)
    }
    return 2 / Double.pi.squareRoot() * sum
  }

  /// erfc z = exp(−z²) / √π · 1 / (z + ½ / (z + 1 / (z + 3⁄2 / (z + …)))) for z ≥ 3.
  private static func complement(_ z: Double) -> Double {
    var fraction = z
    for n in stride(from: 60, through: 1, by: -1) { fraction = z + Double(n) / 2 / fraction }
    return exponential(-z * z) / (Double.pi.squareRoot() * fraction)
  }

  /// e^x for −750 < x ≤ 0, to a few roundings: the series of x / 2¹⁰, squared ten times.
  private static func exponential(_ x: Double) -> Double {
    let small = x / 1024
    var term = 1.0
    var sum = 1.0
    for n in 1...16 {
      term *= small / Double(n)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }
}
