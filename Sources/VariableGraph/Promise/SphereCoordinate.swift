internal import RandomSampling

/// One coordinate of a random point on the unit sphere in `length` dimensions, which each element of a
/// random orthonormal matrix is.
///
/// Its density is proportional to (1 − x²)^((length − 3) / 2).
struct SphereCoordinate: Sendable {
  let length: Int

  /// The probability of a coordinate below `x`.
  ///
  /// From 30 dimensions on by the normal with the fourth moment put right (Cornish and Fisher), which
  /// is within 10⁻⁴ there; below by Simpson's rule over the angle, x = sin θ.
  func cumulative(below x: Double) -> Double {
    if x <= -1 { return 0 }
    if x > 1 { return 1 }
    if length < 2 { return 0.5 }
    let n = Double(length)
    guard length < 30 else {
      let z = x * n.squareRoot()
      let excess = -6 / (n + 2)
      let adjusted = NormalDistribution.density(z) * excess / 24 * (z * z * z - 3 * z)
      return min(max(NormalDistribution.cumulative(z) - adjusted, 0), 1)
    }
    let half = integral(to: abs(x)) / integral(to: 1) / 2
    return x < 0 ? 0.5 - half : 0.5 + half
  }

  /// ∫ cosⁿ⁻² θ dθ from 0 to the angle whose sine is `x`.
  private func integral(to x: Double) -> Double {
    let end = angle(ofSine: x)
    let count = 64
    let step = end / Double(count)
    var sum = 0.0
    for place in 0...count {
      let factor = place == 0 || place == count ? 1.0 : (place % 2 == 1 ? 4 : 2)
      let cosine = max(PortableMath.cosine(step * Double(place)), 0)
      sum += factor * (length == 2 ? 1 : PortableMath.power(cosine, Double(length - 2)))
    }
    return sum * step / 3
  }

  /// The angle in [0, π/2] by bisection: no library function whose rounding is open.
  private func angle(ofSine x: Double) -> Double {
    guard x < 1 else { return .pi / 2 }
    var (low, high) = (0.0, Double.pi / 2)
    for _ in 0..<52 {
      let middle = (low + high) / 2
      if PortableMath.sine(middle) < x { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
