internal import TensorMemory
internal import Tensors

/// Writes a ZIP archive of stored members, each with the same time, so that equal members are equal bytes.
///
/// Every member says its size in 64 bits before its bytes; the directory does so where it must. This is
/// what Python's `zipfile` writes for `numpy.savez`.
///
/// - Source: `Lib/zipfile/__init__.py` of CPython 3.13.
struct ZipWriter {
  private struct Member {
    let name: [UInt8]
    let flags: UInt16
    let byteCount: Int
    let offset: Int
    var checksum: UInt32
  }

  private let file: WritableFile
  private var members: [Member] = []
  private var checksum = CRC32()

  /// 1 January 1980, the first day that the format has: what `numpy.savez` writes.
  private static let date: UInt16 = 1 << 5 | 1
  private static let version: UInt16 = 45
  /// Beyond it Python writes numbers as 64 bits.
  private static let wideLimit = (1 << 31) - 1
  private static let checksumOffset = 14

  init(_ file: WritableFile) { self.file = file }

  /// Begins a member of that many bytes.
  mutating func begin(_ name: String, byteCount: Int) throws {
    let bytes = Array(name.utf8)
    guard bytes.count <= Int(UInt16.max) else {
      throw ModelFileError.unwritableName(name, because: "has more than 65535 bytes")
    }
    let isASCII = bytes.allSatisfy { $0 < 0x80 }
    let member = Member(
      name: bytes, flags: isASCII ? 0 : 1 << 11, byteCount: byteCount, offset: file.byteCount,
      checksum: 0)
    var header = Array("PK\u{3}\u{4}".utf8)
    header += [Self.version, member.flags, 0, 0, Self.date].flatMap(LittleEndian.bytes)
    header += [0, UInt32.max, UInt32.max].flatMap { LittleEndian.bytes($0 as UInt32) }
    header += [UInt16(bytes.count), 20].flatMap(LittleEndian.bytes) + bytes
    header += Self.wideField([byteCount, byteCount])
    try file.append(header)
    members.append(member)
    checksum = CRC32()
  }

  /// Adds bytes of the member.
  mutating func append(_ bytes: RawSpan) throws {
    checksum.update(bytes)
    try file.append(bytes)
  }

  /// Ends the member: its checksum is known now.
  mutating func end() throws {
    let last = members.count - 1
    members[last].checksum = checksum.value
    try file.overwrite(
      at: members[last].offset + Self.checksumOffset, with: LittleEndian.bytes(checksum.value))
  }

  /// Writes the directory.
  func finish() throws {
    let start = file.byteCount
    for member in members {
      let isWide = member.byteCount > Self.wideLimit
      let isFar = member.offset > Self.wideLimit
      let wide =
        (isWide ? [member.byteCount, member.byteCount] : []) + (isFar ? [member.offset] : [])
      let extra = wide.isEmpty ? [] : Self.wideField(wide)
      let size = isWide ? UInt32.max : UInt32(member.byteCount)
      var entry = Array("PK\u{1}\u{2}".utf8)
      // The upper byte says that the permissions are those of Unix.
      entry += [Self.version | 3 << 8, Self.version, member.flags, 0, 0, Self.date]
        .flatMap(LittleEndian.bytes)
      entry += [member.checksum, size, size].flatMap(LittleEndian.bytes)
      entry += [UInt16(member.name.count), UInt16(extra.count), 0, 0, 0].flatMap(LittleEndian.bytes)
      // Readable and writable for the owner, as Python has it.
      entry += [0o600 << 16, isFar ? UInt32.max : UInt32(member.offset)].flatMap(LittleEndian.bytes)
      try file.append(entry + member.name + extra)
    }
    try end(directory: start..<file.byteCount)
  }

  private func end(directory: Range<Int>) throws {
    var record: [UInt8] = []
    if members.count > Int(UInt16.max) || directory.lowerBound > Self.wideLimit
      || directory.count > Self.wideLimit
    {
      record += Array("PK\u{6}\u{6}".utf8) + LittleEndian.bytes(UInt64(44))
      record += [Self.version, Self.version].flatMap(LittleEndian.bytes)
      record += [0, 0].flatMap { LittleEndian.bytes($0 as UInt32) }
      record += [members.count, members.count, directory.count, directory.lowerBound]
        .flatMap { LittleEndian.bytes(UInt64($0)) }
      record += Array("PK\u{6}\u{7}".utf8) + LittleEndian.bytes(UInt32(0))
      record += LittleEndian.bytes(UInt64(directory.upperBound)) + LittleEndian.bytes(UInt32(1))
    }
    let count = UInt16(clamping: members.count)
    record += Array("PK\u{5}\u{6}".utf8)
    record += [0, 0, count, count].flatMap(LittleEndian.bytes)
    record += [UInt32(clamping: directory.count), UInt32(clamping: directory.lowerBound)]
      .flatMap(LittleEndian.bytes)
    try file.append(record + [0, 0])
  }

  /// The extra field with the number 1: numbers in 64 bits.
  private static func wideField(_ numbers: [Int]) -> [UInt8] {
    [1, UInt16(numbers.count * 8)].flatMap(LittleEndian.bytes)
      + numbers.flatMap { LittleEndian.bytes(UInt64($0)) }
  }
}
