internal import TensorMemory

extension Tensor: CustomStringConvertible {
  /// As NumPy prints an array: nested brackets, at most three elements from each end of an axis.
  public var description: String {
    withBytes { bytes in
      Tensor.text(of: bytes, shape.dimensions[...], scalarType, first: 0, indent: 1)
    }
  }

  private static func text(
    of bytes: RawSpan, _ dimensions: ArraySlice<Int>, _ type: ScalarType, first: Int, indent: Int
  ) -> String {
    guard let count = dimensions.first else { return element(of: bytes, at: first, type) }
    let inner = dimensions.dropFirst()
    let stride = inner.reduce(1, *)
    let edge = 3
    let shown = count > 2 * edge ? Array(0..<edge) + Array(count - edge..<count) : Array(0..<count)
    var parts = shown.map { index in
      text(of: bytes, inner, type, first: first + index * stride, indent: indent + 1)
    }
    if shown.count < count { parts.insert("...", at: edge) }
    let separator =
      inner.isEmpty
      ? ", "
      : "," + String(repeating: "\n", count: inner.count) + String(repeating: " ", count: indent)
    return "[\(parts.joined(separator: separator))]"
  }

  /// One element as people write it: floats in their shortest exact form, bool as true and false.
  public static func element(of bytes: RawSpan, at index: Int, _ type: ScalarType) -> String {
    switch type {
    case .float16, .bfloat16, .float32:
      "\(Float(ScalarCoding.double(in: bytes, at: index, as: type)))"
    case .float64: "\(ScalarCoding.double(in: bytes, at: index, as: type))"
    case .bool: ScalarCoding.double(in: bytes, at: index, as: type) == 0 ? "false" : "true"
    case .int64: "\(integer(of: bytes, at: index, as: Int64.self))"
    case .uint64: "\(integer(of: bytes, at: index, as: UInt64.self))"
    default: "\(Int(ScalarCoding.double(in: bytes, at: index, as: type)))"
    }
  }
}

extension Tensor {
  fileprivate static func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
    of bytes: RawSpan, at index: Int, as type: Integer.Type
  ) -> Integer {
    bytes.value(at: index * MemoryLayout<Integer>.size, as: type)
  }

  /// The first elements of `bytes`, as text for a list: at most `limit` of them, then "…".
  public static func preview(of bytes: RawSpan, as type: ScalarType, limit: Int = 6) -> String {
    let count = bytes.byteCount / type.byteCount
    let shown = (0..<min(count, limit)).map { element(of: bytes, at: $0, type) }
    return "[\((shown + (count > limit ? ["…"] : [])).joined(separator: ", "))]"
  }
}
