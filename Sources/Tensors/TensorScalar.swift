/// A Swift type that a tensor of one scalar type can be read as.
public protocol TensorScalar: BitwiseCopyable, Sendable {
  /// The scalar type whose elements have this type's layout.
  static var scalarType: ScalarType { get }
}

extension Float: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .float32 }
}
extension Double: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .float64 }
}
extension Int8: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .int8 }
}
extension Int16: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .int16 }
}
extension Int32: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .int32 }
}
extension Int64: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .int64 }
}
extension UInt8: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .uint8 }
}
extension UInt16: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .uint16 }
}
extension UInt32: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .uint32 }
}
extension UInt64: TensorScalar {
  /// The dtype whose elements have this layout.
  public static var scalarType: ScalarType { .uint64 }
}
