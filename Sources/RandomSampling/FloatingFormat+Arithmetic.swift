extension FloatingFormat {
  /// A number as NumPy and `jax.numpy.array` bring it into the format: one rounding; bfloat16 by way
  /// of float32, that is two.
  public func literal(_ value: Double) -> Double {
    rounded(self == .bfloat16 ? Double(Float(value)) : value)
  }

  /// a · b as XLA computes it on a CPU: rounded to the format, halves by way of float32, and subnormal
  /// operands and results set to zero. Exact products of two halves fit in float32.
  public func product(_ a: Double, _ b: Double) -> Double { operation(a, b, *, *) }

  /// a + b, likewise.
  public func sum(_ a: Double, _ b: Double) -> Double { operation(a, b, +, +) }

  /// a / b, likewise.
  public func quotient(_ a: Double, _ b: Double) -> Double { operation(a, b, /, /) }

  /// √a, likewise.
  public func squareRoot(of a: Double) -> Double {
    let a = flushed(a)
    return self == .float64 ? a.squareRoot() : rounded(Double(Float(a).squareRoot()))
  }

  /// Zero of the same sign in place of a number that is subnormal where XLA computes with it: in
  /// float64, or in float32 for all smaller formats. No number of float16 is.
  func flushed(_ value: Double) -> Double {
    let least = self == .float64 ? 0x1p-1022 : 0x1p-126
    return abs(value) < least ? (value.sign == .minus ? -0.0 : 0.0) : value
  }

  private func operation(
    _ a: Double, _ b: Double, _ double: (Double, Double) -> Double,
    _ single: (Float, Float) -> Float
  ) -> Double {
    let (a, b) = (flushed(a), flushed(b))
    if self == .float64 { return flushed(double(a, b)) }
    return rounded(flushed(Double(single(Float(a), Float(b)))))
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
}
