internal import Tensors

/// One line of a ZIP archive's directory: what it says of a member, not yet compared with anything.
///
/// - Source: APPNOTE.TXT, sections 4.3.12 and 4.5.3.
struct ZipEntry {
  let name: String
  let method: Int
  let checksum: UInt32
  let compressedByteCount: Int
  let byteCount: Int
  let offset: Int
  /// True where the sizes stand behind the member's bytes, and not before them.
  let hasDescriptor: Bool

  /// The bytes of a line without names.
  static let headerByteCount = 46
  private static let signature: UInt32 = 0x0201_4B50

  /// Reads the line at `at`, and moves behind it.
  ///
  /// - Throws: What `malformed` makes of the reason.
  init(_ bytes: [UInt8], _ at: inout Int, _ malformed: (String) -> ModelFileError) throws {
    guard bytes.count - at >= Self.headerByteCount,
      LittleEndian.value(in: bytes[at...], at: 0, as: UInt32.self) == Self.signature
    else { throw malformed("its directory ends inside a member") }
    let header = bytes[at..<at + Self.headerByteCount]
    func field<Number: FixedWidthInteger & UnsignedInteger>(_ offset: Int, _: Number.Type) -> Int {
      Int(LittleEndian.value(in: header, at: offset, as: Number.self))
    }
    let nameEnd = at + Self.headerByteCount + field(28, UInt16.self)
    let extraEnd = nameEnd + field(30, UInt16.self)
    let end = extraEnd + field(32, UInt16.self)
    guard end <= bytes.count,
      let name = String(validating: bytes[(at + Self.headerByteCount)..<nameEnd], as: UTF8.self)
    else { throw malformed("its directory has a member without a name in UTF-8") }
    let flags = field(8, UInt16.self)
    guard flags & 1 == 0 else {
      throw malformed("its member \"\(name.shown)\" is encrypted")
    }
    self.name = name
    hasDescriptor = flags & 8 != 0
    method = field(10, UInt16.self)
    checksum = LittleEndian.value(in: header, at: 16, as: UInt32.self)
    // A field that is full stands in the extra field, in this order.
    var wide = Self.wideFields(bytes[nameEnd..<extraEnd])[...]
    func widened(_ value: Int) throws -> Int {
      guard value == 0xFFFF_FFFF else { return value }
      guard let number = wide.popFirst() else {
        throw malformed("its member \"\(name.shown)\" does not say how large it is")
      }
      return number
    }
    byteCount = try widened(field(24, UInt32.self))
    compressedByteCount = try widened(field(20, UInt32.self))
    offset = try widened(field(42, UInt32.self))
    at = end
  }

  /// The 64-bit numbers of the extra field with the number 1.
  private static func wideFields(_ extra: ArraySlice<UInt8>) -> [Int] {
    var rest = extra
    while rest.count >= 4 {
      let kind = LittleEndian.value(in: rest, at: 0, as: UInt16.self)
      let count = Int(LittleEndian.value(in: rest, at: 2, as: UInt16.self))
      let field = rest.dropFirst(4).prefix(count)
      if kind == 1 {
        return stride(from: 0, through: field.count - 8, by: 8).map {
          Int(clamping: LittleEndian.value(in: field, at: $0, as: UInt64.self))
        }
      }
      rest = rest.dropFirst(4 + count)
    }
    return []
  }
}
