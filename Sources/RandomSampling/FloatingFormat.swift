internal import CTensorKernels

/// The binary floating-point formats that samples are made in.
public enum FloatingFormat: Sendable, Hashable, CaseIterable {
  /// IEEE 754 binary16: 11 significant bits.
  case float16
  /// The upper half of a binary32: 8 significant bits.
  case bfloat16
  /// IEEE 754 binary32: 24 significant bits.
  case float32
  /// IEEE 754 binary64: 53 significant bits.
  case float64

  /// The number of bytes of one value: 2, 4 or 8.
  public var byteCount: Int {
    switch self {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    }
  }

  /// A parameter as TensorFlow brings it into the format: 16-bit formats by way of float32, that is
  /// with two roundings.
  public func parameter(_ value: Double) -> Double {
    rounded(byteCount == 2 ? Double(Float(value)) : value)
  }

  /// `value` rounded to the format (to nearest, ties to even), as a double.
  public func rounded(_ value: Double) -> Double {
    switch self {
    case .float16: Double(HalfPrecision.float(fromFloat16: HalfPrecision.float16(value)))
    case .bfloat16: Double(HalfPrecision.float(fromBFloat16: HalfPrecision.bfloat16(value)))
    case .float32: Double(Float(value))
    case .float64: value
    }
  }
}

/// Conversions of the two 16-bit formats, which Swift does not have on every platform.
public enum HalfPrecision {
  /// The bits of `value` in IEEE binary16: one rounding to nearest, ties to even.
  public static func float16(_ value: Double) -> UInt16 { nascent_f16_from_f64(value) }
  /// The bits of `value` in bfloat16: one rounding to nearest, ties to even.
  public static func bfloat16(_ value: Double) -> UInt16 { nascent_bf16_from_f64(value) }
  /// The bits of `value` in IEEE binary16.
  public static func float16(_ value: Float) -> UInt16 { nascent_f16_from_f32(value) }
  /// The bits of `value` in bfloat16.
  public static func bfloat16(_ value: Float) -> UInt16 { nascent_bf16_from_f32(value) }
  /// The value of binary16 bits. Exact.
  public static func float(fromFloat16 bits: UInt16) -> Float { nascent_f32_from_f16(bits) }
  /// The value of bfloat16 bits. Exact.
  public static func float(fromBFloat16 bits: UInt16) -> Float { nascent_f32_from_bf16(bits) }
}
