public import TensorMemory

/// The type of a tensor's elements, by the name that NumPy and Keras give it.
public enum ScalarType: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// IEEE 754 binary16: 11 significant bits.
  case float16
  /// The upper half of a binary32: 8 significant bits.
  case bfloat16
  /// IEEE 754 binary32: 24 significant bits.
  case float32
  /// IEEE 754 binary64: 53 significant bits.
  case float64
  /// Signed, 8 bits.
  case int8
  /// Signed, 16 bits.
  case int16
  /// Signed, 32 bits.
  case int32
  /// Signed, 64 bits.
  case int64
  /// Unsigned, 8 bits.
  case uint8
  /// Unsigned, 16 bits.
  case uint16
  /// Unsigned, 32 bits.
  case uint32
  /// Unsigned, 64 bits.
  case uint64
  /// One byte an element, 0 or 1.
  case bool

  /// The name, such as `float32`.
  public var description: String { rawValue }

  /// The number of bytes of one element: 1, 2, 4 or 8.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// True for the four floating-point types.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  /// True for the eight integer types; false for `bool`.
  public var isInteger: Bool { !isFloatingPoint && self != .bool }

  /// How statistics read the elements; `bool` counts as 0 and 1.
  public var measurable: MeasurableElement {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8, .bool: .uint8
    case .uint16: .uint16
    case .uint32: .uint32
    case .uint64: .uint64
    }
  }
}
