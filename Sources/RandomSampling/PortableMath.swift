internal import CTensorKernels

/// Elementary functions with the same bits on every platform, for values that are stored.
///
/// Each is within 1 unit in the last place of the true value; `elementary.h` says what was measured.
/// Arguments outside of a function's domain give NaN or an infinity, as in C.
public enum PortableMath {
  /// eˣ.
  public static func exp(_ x: Double) -> Double { nascent_exp(x) }
  /// eˣ − 1, without cancellation near 0.
  public static func expMinusOne(_ x: Double) -> Double { nascent_expm1(x) }
  /// The natural logarithm of x ≥ 0.
  public static func log(_ x: Double) -> Double { nascent_ln(x) }
  /// x to the power of y, for x ≥ 0.
  public static func power(_ x: Double, _ y: Double) -> Double { nascent_power(x, y) }
  /// The sine of an angle in radians, of any size.
  public static func sine(_ x: Double) -> Double { nascent_sine(x) }
  /// The cosine of an angle in radians, of any size.
  public static func cosine(_ x: Double) -> Double { nascent_cosine(x) }
}
