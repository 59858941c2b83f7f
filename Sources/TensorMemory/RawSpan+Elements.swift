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

  /// Lets `body` write the bytes of `range`.
  public mutating func withPart<Result>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "the part lies inside")
    return try withUnsafeMutableBytes { buffer in
      // In bounds by the line above; `self` is not touched meanwhile.
      var part = unsafe MutableRawSpan(
        _unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: buffer[range]))
      return try body(&part)
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

  /// Lets `body` read and change all values of one type; a last, incomplete value is left out.
  ///
  /// The span must begin where a value of the type may lie, as every storage does.
  public mutating func withElements<Scalar: BitwiseCopyable, Result>(
    of type: Scalar.Type, _ body: (inout MutableSpan<Scalar>) throws -> Result
  ) rethrows -> Result {
    try withUnsafeMutableBytes { buffer in
      precondition(
        UInt(bitPattern: buffer.baseAddress) % UInt(MemoryLayout<Scalar>.alignment) == 0,
        "values lie where their type may")
      // Whole, aligned values by the lines above and below, and a bitwise-copyable number has no
      // invalid bits; nobody else reads or writes them while this span is lent.
      let count = buffer.count / MemoryLayout<Scalar>.stride
      let whole = unsafe UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<(count * MemoryLayout<Scalar>.stride)])
      let values = unsafe whole.bindMemory(to: type)
      var span = unsafe values.mutableSpan
      return try body(&span)
    }
  }
}

extension [UInt8] {
  /// Lets `body` write the bytes.
  public mutating func withMutableRawSpan<Result>(
    _ body: (inout MutableRawSpan) throws -> Result
  ) rethrows -> Result {
    try withUnsafeMutableBytes { buffer in
      // The buffer outlives the span, which nothing else writes meanwhile.
      var span = unsafe MutableRawSpan(_unsafeBytes: buffer)
      return try body(&span)
    }
  }
}
