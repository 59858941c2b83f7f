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
    let count = byteCount / MemoryLayout<Scalar>.stride
    return [Scalar](unsafeUninitializedCapacity: count) { target, initialized in
      withUnsafeBytes { source in
        // `count` whole values lie in the source, and a bitwise-copyable number has no invalid bits.
        let whole = unsafe UnsafeRawBufferPointer(
          rebasing: source[..<(count * MemoryLayout<Scalar>.stride)])
        unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: whole)
      }
      initialized = count
    }
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

  /// Stores all values from the start of the span on, which must have room for them.
  public mutating func store<Scalar: BitwiseCopyable>(contentsOf values: [Scalar]) {
    precondition(
      values.count <= byteCount / MemoryLayout<Scalar>.stride, "the values lie inside")
    withUnsafeMutableBytes { target in
      // In bounds by the line above.
      values.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }
}

extension MutableRawSpan {
  /// Copies bytes to the start of the span, which must have room for them.
  public mutating func copy(_ bytes: RawSpan) {
    precondition(bytes.byteCount <= byteCount, "the bytes lie inside")
    withUnsafeMutableBytes { target in
      // In bounds by the line above.
      bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
  }
}
