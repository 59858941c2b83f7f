extension FloatingFormat {
  /// A number as NumPy and `jax.numpy.array` bring it into the format: one rounding; bfloat16 by way
  /// of float32, that is two.
  public func literal(_ value: Double) -> Double {
    rounded(self == .bfloat16 ? Double(Float(value)) : value)
  }

  /// a · b in the format, of a format of at most 32 bits by way of float32 with subnormals set to
  /// zero, as XLA computes it. Exact products of two halves fit in float32.
  public func product(_ a: Double, _ b: Double) -> Double {
    self == .float64 ? a * b : rounded(Double(FloatingFormat.flushed(Float(a) * Float(b))))
  }

  /// a + b in the format, likewise.
  public func sum(_ a: Double, _ b: Double) -> Double {
    self == .float64 ? a + b : rounded(Double(FloatingFormat.flushed(Float(a) + Float(b))))
  }

  /// a / b in the format, likewise.
  public func quotient(_ a: Double, _ b: Double) -> Double {
    self == .float64 ? a / b : rounded(Double(FloatingFormat.flushed(Float(a) / Float(b))))
  }

  /// √a in the format, likewise.
  public func squareRoot(of a: Double) -> Double {
    self == .float64 ? a.squareRoot() : rounded(Double(Float(a).squareRoot()))
  }

  /// The next value of the format above `value`; below it for `downwards`.
  func neighbour(of value: Double, downwards: Bool) -> Double {
    switch self {
    case .float64: downwards ? value.nextDown : value.nextUp
    case .float32: Double(downwards ? Float(value).nextDown : Float(value).nextUp)
    case .float16: step(HalfPrecision.float16(value), downwards, HalfPrecision.float(fromFloat16:))
    case .bfloat16:
      step(HalfPrecision.bfloat16(value), downwards, HalfPrecision.float(fromBFloat16:))
    }
  }

  private func step(
    _ bits: UInt16, _ downwards: Bool, _ value: (UInt16) -> Float
  ) -> Double {
    let sign: UInt16 = 0x8000
    if bits & ~sign == 0 { return Double(value(downwards ? sign | 1 : 1)) }
    let isAwayFromZero = (bits & sign != 0) == downwards
    return Double(value(isAwayFromZero ? bits &+ 1 : bits &- 1))
  }

  private static func flushed(_ value: Float) -> Float {
    value.isSubnormal ? (value.sign == .minus ? -0.0 : 0.0) : value
  }
}
