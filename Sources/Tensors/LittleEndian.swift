/// Numbers as files have them.
package enum LittleEndian {
  /// The bytes of a number, the lowest first.
  package static func bytes<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number)
    -> [UInt8]
  {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
  }

  /// The number at an offset, which must lie inside.
  ///
  /// - Complexity: O(1); a directory of an archive has a dozen numbers for each of its members.
  package static func value<Number: FixedWidthInteger & UnsignedInteger>(
    in bytes: ArraySlice<UInt8>, at offset: Int, as type: Number.Type
  ) -> Number {
    Number(truncatingIfNeeded: word(in: bytes, at: offset, byteCount: Number.bitWidth / 8))
  }

  /// The number at an offset, which must lie inside.
  package static func value<Number: FixedWidthInteger & UnsignedInteger>(
    in bytes: [UInt8], at offset: Int, as type: Number.Type
  ) -> Number {
    value(in: bytes[...], at: offset, as: type)
  }

  /// For one kind of list and one type, so that nothing is looked up for each byte.
  private static func word(
    in bytes: ArraySlice<UInt8>, at offset: Int, byteCount: Int
  ) -> UInt64 {
    precondition(
      offset >= 0 && offset <= bytes.count - byteCount && byteCount <= 8, "a number lies inside")
    var word: UInt64 = 0
    let start = bytes.startIndex + offset
    for place in (0..<byteCount).reversed() { word = word << 8 | UInt64(bytes[start + place]) }
    return word
  }
}
