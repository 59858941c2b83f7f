/// Numbers as files have them.
package enum LittleEndian {
  /// The bytes of a number, the lowest first.
  package static func bytes<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number)
    -> [UInt8]
  {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
  }

  /// The number at an offset, which must lie inside.
  package static func value<Number: FixedWidthInteger & UnsignedInteger>(
    in bytes: some RandomAccessCollection<UInt8>, at offset: Int, as type: Number.Type
  ) -> Number {
    let part = bytes.dropFirst(offset).prefix(Number.bitWidth / 8)
    precondition(part.count == Number.bitWidth / 8, "a number lies inside")
    return part.reversed().reduce(0) { $0 << 8 | Number($1) }
  }
}
