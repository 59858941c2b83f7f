internal import RandomSampling
internal import TensorMemory

/// Reads and writes single elements of every scalar type as doubles.
public enum ScalarCoding {
  /// Element `index` of `bytes` as a double; 64-bit integers beyond 2⁵³ are rounded.
  public static func double(in bytes: RawSpan, at index: Int, as type: ScalarType) -> Double {
    let offset = index * type.byteCount
    switch type {
    case .float16:
      return Double(
        HalfPrecision.float(fromFloat16: bytes.value(at: offset, as: UInt16.self)))
    case .bfloat16:
      return Double(
        HalfPrecision.float(fromBFloat16: bytes.value(at: offset, as: UInt16.self)))
    case .float32: return Double(bytes.value(at: offset, as: Float.self))
    case .float64: return bytes.value(at: offset, as: Double.self)
    case .int8: return Double(bytes.value(at: offset, as: Int8.self))
    case .int16: return Double(bytes.value(at: offset, as: Int16.self))
    case .int32: return Double(bytes.value(at: offset, as: Int32.self))
    case .int64: return Double(bytes.value(at: offset, as: Int64.self))
    case .uint8, .bool: return Double(bytes.value(at: offset, as: UInt8.self))
    case .uint16: return Double(bytes.value(at: offset, as: UInt16.self))
    case .uint32: return Double(bytes.value(at: offset, as: UInt32.self))
    case .uint64: return Double(bytes.value(at: offset, as: UInt64.self))
    }
  }

  /// Stores `value` as element `index`, rounded to nearest, ties to even.
  ///
  /// Returns false, and stores nothing, where an integer type cannot hold the value exactly.
  public static func store(
    _ value: Double, in bytes: inout MutableRawSpan, at index: Int, as type: ScalarType
  ) -> Bool {
    guard let pattern = bitPattern(of: value, as: type) else { return false }
    store(bitPattern: pattern, in: &bytes, at: index, as: type)
    return true
  }

  /// The little-endian bits of `value` in `type`, in the low bytes of the result; `nil` where an
  /// integer type or `bool` cannot hold it exactly.
  public static func bitPattern(of value: Double, as type: ScalarType) -> UInt64? {
    switch type {
    case .float16: UInt64(HalfPrecision.float16(value))
    case .bfloat16: UInt64(HalfPrecision.bfloat16(value))
    case .float32: UInt64(Float(value).bitPattern)
    case .float64: value.bitPattern
    case .int8: Int8(exactly: value).map { UInt64(UInt8(bitPattern: $0)) }
    case .int16: Int16(exactly: value).map { UInt64(UInt16(bitPattern: $0)) }
    case .int32: Int32(exactly: value).map { UInt64(UInt32(bitPattern: $0)) }
    case .int64: Int64(exactly: value).map { UInt64(bitPattern: $0) }
    case .uint8: UInt8(exactly: value).map(UInt64.init)
    case .uint16: UInt16(exactly: value).map(UInt64.init)
    case .uint32: UInt32(exactly: value).map(UInt64.init)
    case .uint64: UInt64(exactly: value)
    case .bool: value == 0 ? 0 : (value == 1 ? 1 : nil)
    }
  }

  /// The number of bits that `bitPattern(of:as:)` gives; 64-bit integers beyond 2⁵³ are rounded.
  public static func double(bitPattern pattern: UInt64, as type: ScalarType) -> Double {
    switch type {
    case .float16:
      Double(HalfPrecision.float(fromFloat16: UInt16(truncatingIfNeeded: pattern)))
    case .bfloat16:
      Double(HalfPrecision.float(fromBFloat16: UInt16(truncatingIfNeeded: pattern)))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
    case .float64: Double(bitPattern: pattern)
    case .int8: Double(Int8(truncatingIfNeeded: pattern))
    case .int16: Double(Int16(truncatingIfNeeded: pattern))
    case .int32: Double(Int32(truncatingIfNeeded: pattern))
    case .int64: Double(Int64(bitPattern: pattern))
    case .uint8, .bool, .uint16, .uint32, .uint64: Double(pattern)
    }
  }

  /// Stores the low bytes of `pattern` as element `index`.
  public static func store(
    bitPattern pattern: UInt64, in bytes: inout MutableRawSpan, at index: Int, as type: ScalarType
  ) {
    let offset = index * type.byteCount
    switch type.byteCount {
    case 1: bytes.store(UInt8(truncatingIfNeeded: pattern), at: offset)
    case 2: bytes.store(UInt16(truncatingIfNeeded: pattern).littleEndian, at: offset)
    case 4: bytes.store(UInt32(truncatingIfNeeded: pattern).littleEndian, at: offset)
    default: bytes.store(pattern.littleEndian, at: offset)
    }
  }
}
