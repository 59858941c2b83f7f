internal import RandomSampling
internal import TensorMemory

extension Tensor {
  /// The values in another scalar type.
  ///
  /// Floating-point numbers are rounded to nearest, ties to even. Every other conversion keeps the
  /// exact value: from and to integers and `bool`, and a finite number stays finite.
  ///
  /// - Throws: `TensorError.Code.notRepresentable`, with the first element that the type cannot hold;
  ///   `TensorError.Code.tooLarge`; an error of the memory.
  /// - Complexity: O(*n*).
  public func converted(to type: ScalarType) throws -> Tensor {
    guard type != scalarType else { return self }
    let storage = try TensorStorage(byteCount: shape.byteCount(of: type))
    try storage.fill(0..<storage.byteCount) { target in
      try withBytes { source in
        for index in 0..<shape.elementCount {
          guard let pattern = ScalarCoding.converted(source, at: index, from: scalarType, to: type)
          else {
            throw TensorError.notRepresentable(
              Tensor.element(of: source, at: index, scalarType), at: index, in: type)
          }
          ScalarCoding.store(bitPattern: pattern, in: &target, at: index, as: type)
        }
      }
    }
    storage.seal()
    return try Tensor(shape: shape, scalarType: type, storage: storage)
  }
}

extension ScalarCoding {
  /// The bits of an element in another type; `nil` where they would be another value.
  fileprivate static func converted(
    _ bytes: RawSpan, at index: Int, from type: ScalarType, to other: ScalarType
  ) -> UInt64? {
    // A double does not hold every 64-bit integer; it holds every element of the other types.
    switch type {
    case .int64: return pattern(of: bytes.value(at: index * 8, as: Int64.self), as: other)
    case .uint64: return pattern(of: bytes.value(at: index * 8, as: UInt64.self), as: other)
    default: break
    }
    let value = double(in: bytes, at: index, as: type)
    guard let pattern = bitPattern(of: value, as: other) else { return nil }
    guard other.isFloatingPoint, value.isFinite else { return pattern }
    let stored = decoded(pattern, as: other)
    return (type.isFloatingPoint ? stored.isFinite : stored == value) ? pattern : nil
  }

  private static func pattern<Integer: FixedWidthInteger>(
    of value: Integer, as type: ScalarType
  ) -> UInt64? {
    switch type {
    case .int64: return Int64(exactly: value).map { UInt64(bitPattern: $0) }
    case .uint64: return UInt64(exactly: value)
    default:
      guard let exact = Double(exactly: value), let pattern = bitPattern(of: exact, as: type) else {
        return nil
      }
      return type.isFloatingPoint && decoded(pattern, as: type) != exact ? nil : pattern
    }
  }

  /// The value of the bits of a floating-point type.
  private static func decoded(_ pattern: UInt64, as type: ScalarType) -> Double {
    switch type {
    case .float16:
      Double(HalfPrecision.float(fromFloat16: UInt16(truncatingIfNeeded: pattern)))
    case .bfloat16:
      Double(HalfPrecision.float(fromBFloat16: UInt16(truncatingIfNeeded: pattern)))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
    default: Double(bitPattern: pattern)
    }
  }
}
