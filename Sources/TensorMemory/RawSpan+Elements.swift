extension RawSpan {
  /// The value at `offset` bytes. Any offset inside the span will do, aligned or not.
  public func value<Scalar: BitwiseCopyable>(at offset: Int, as type: Scalar.Type) -> Scalar {
    precondition(
      offset >= 0 && offset <= byteCount - MemoryLayout<Scalar>.size, "the value lies inside")
    // In bounds by the line above; a bitwise-copyable number has no invalid bits.
    return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type)
  }

  /// All values of one type; a last, incomplete value is left out.
  public func array<Scalar: BitwiseCopyable>(of type: Scalar.Type) -> [Scalar] {
    let stride = MemoryLayout<Scalar>.stride
    return (0..<byteCount / stride).map { value(at: $0 * stride, as: type) }
  }
}

extension MutableRawSpan {
  /// Stores `value` at `offset` bytes. Any offset inside the span will do, aligned or not.
  public mutating func store<Scalar: BitwiseCopyable>(_ value: Scalar, at offset: Int) {
    precondition(
      offset >= 0 && offset <= byteCount - MemoryLayout<Scalar>.size, "the value lies inside")
    // In bounds by the line above.
    withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: value, toByteOffset: offset, as: Scalar.self)
    }
  }
}
