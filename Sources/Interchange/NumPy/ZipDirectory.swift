internal import TensorMemory
internal import Tensors

/// A member of a ZIP archive.
struct ZipMember: Sendable {
  let name: String
  /// Where its header begins in the file.
  let offset: Int
  let bytes: StoredBytes
  let checksum: UInt32
}

/// The directory of a ZIP archive, read and checked.
///
/// The archive must end with its directory; members are stored or deflated, lie before the directory and do
/// not overlap; what stands before a member says the same as the directory. So no byte is read twice, and none
/// grows to more than deflate can make of it.
///
/// - Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", version 6.3.10.
struct ZipDirectory {
  /// The members in the order of the directory.
  private(set) var members: [ZipMember] = []
  private let file: ReadableFile

  private enum Signature {
    static let member: UInt32 = 0x0403_4B50
    static let end: UInt32 = 0x0605_4B50
    static let end64: UInt32 = 0x0606_4B50
    static let locator64: UInt32 = 0x0706_4B50
  }
  private enum Method {
    static let stored = 0
    static let deflated = 8
  }
  private static let endByteCount = 22
  private static let maximumCommentByteCount = 0xFFFF
  private static let locator64ByteCount = 20
  private static let end64ByteCount = 56
  private static let memberHeaderByteCount = 30
  /// More than a million members.
  private static let maximumByteCount = 100_000_000

  /// Reads the directory of a file.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  init(of file: ReadableFile) throws {
    self.file = file
    let (count, range) = try place()
    let bytes = try file.bytes(in: range)
    var at = 0
    var names: NameSet = []
    var places: [Range<Int>] = []
    for _ in 0..<count {
      let entry = try ZipEntry(bytes, &at, malformed)
      guard names.insert(entry.name).inserted else {
        throw malformed("two of its members are called \"\(entry.name.shown)\"")
      }
      let (member, end) = try member(entry, before: range.lowerBound)
      places.append(entry.offset..<end)
      members.append(member)
    }
    guard at == bytes.count else { throw malformed("its directory does not end where it should") }
    places.sort { $0.lowerBound < $1.lowerBound }
    for (first, second) in zip(places, places.dropFirst())
    where second.lowerBound < first.upperBound {
      throw malformed("two of its members overlap at byte \(second.lowerBound)")
    }
  }

  private func malformed(_ reason: String) -> ModelFileError {
    .malformed(file.path, because: reason)
  }

  /// The number of entries, and where the directory lies.
  private func place() throws -> (count: Int, range: Range<Int>) {
    let start = max(0, file.byteCount - Self.endByteCount - Self.maximumCommentByteCount)
    let tail = try file.bytes(in: start..<file.byteCount)
    let signature = LittleEndian.bytes(Signature.end)
    let found = stride(from: tail.count - Self.endByteCount, through: 0, by: -1).first { at in
      tail[at] == signature[0] && tail[at...].starts(with: signature)
        && Int(LittleEndian.value(in: tail, at: at + 20, as: UInt16.self))
          == tail.count - at - Self.endByteCount
    }
    guard let at = found else { throw malformed("it has no end of a ZIP archive's directory") }
    func field<Number: FixedWidthInteger & UnsignedInteger>(_ offset: Int, _: Number.Type) -> Int {
      Int(LittleEndian.value(in: tail, at: at + offset, as: Number.self))
    }
    var end = start + at
    guard field(4, UInt16.self) == field(6, UInt16.self),
      field(8, UInt16.self) == field(10, UInt16.self)
    else { throw malformed("it is a part of an archive in several files") }
    var count = field(10, UInt16.self)
    var byteCount = field(12, UInt32.self)
    var offset = field(16, UInt32.self)
    let isFull = count == 0xFFFF || byteCount == 0xFFFF_FFFF || offset == 0xFFFF_FFFF
    if try isFull || hasLocator(before: end) {
      (count, byteCount, offset, end) = try place64(before: end)
    }
    guard offset >= 0, byteCount >= 0, offset <= end, byteCount == end - offset else {
      throw malformed(
        "its directory of \(byteCount) bytes from \(offset) on does not end at \(end)")
    }
    guard byteCount <= Self.maximumByteCount else {
      throw malformed(
        "its directory has \(byteCount) bytes, and at most \(Self.maximumByteCount) are read")
    }
    guard count >= 0, count <= byteCount / ZipEntry.headerByteCount else {
      throw malformed("its directory of \(byteCount) bytes cannot have \(count) members")
    }
    return (count, offset..<end)
  }

  /// Python writes the records of a large archive from 2 GiB on, where the numbers are not full yet.
  private func hasLocator(before end: Int) throws -> Bool {
    let offset = end - Self.locator64ByteCount
    return try offset >= 0
      && file.bytes(in: offset..<offset + 4) == LittleEndian.bytes(Signature.locator64)
  }

  /// The same from the records that archives of more than 4 GiB have.
  private func place64(before end: Int) throws -> (Int, Int, Int, Int) {
    let locatorOffset = end - Self.locator64ByteCount
    guard locatorOffset >= Self.end64ByteCount else {
      throw malformed("it has no record of a large archive's directory")
    }
    let locator = try file.bytes(in: locatorOffset..<end)
    let recordOffset = locatorOffset - Self.end64ByteCount
    guard LittleEndian.value(in: locator, at: 0, as: UInt32.self) == Signature.locator64,
      LittleEndian.value(in: locator, at: 8, as: UInt64.self) == UInt64(recordOffset)
    else { throw malformed("it has no record of a large archive's directory") }
    let record = try file.bytes(in: recordOffset..<locatorOffset)
    func field(_ offset: Int) -> Int {
      Int(clamping: LittleEndian.value(in: record, at: offset, as: UInt64.self))
    }
    guard LittleEndian.value(in: record, at: 0, as: UInt32.self) == Signature.end64,
      field(24) == field(32)
    else { throw malformed("it has no record of a large archive's directory") }
    return (field(32), field(40), field(48), recordOffset)
  }

  /// Checks what stands before the member's bytes.
  private func member(
    _ entry: ZipEntry, before directory: Int
  ) throws -> (ZipMember, end: Int) {
    func malformed(_ reason: String) -> ModelFileError {
      self.malformed("its member \"\(entry.name.shown)\" \(reason)")
    }
    guard [Method.stored, Method.deflated].contains(entry.method) else {
      throw ModelFileError.unsupported(
        file.path,
        because: "its member \"\(entry.name.shown)\" is compressed by method \(entry.method)",
        do: """
          Save it as NumPy does, in Python: \
          numpy.savez("new.npz", **numpy.load("\(file.path)")).
          """)
    }
    guard entry.method == Method.deflated || entry.compressedByteCount == entry.byteCount else {
      throw malformed(
        "is stored and has the sizes \(entry.compressedByteCount) and \(entry.byteCount)")
    }
    guard entry.byteCount / DeflatedBytes.maximumRatio <= entry.compressedByteCount else {
      throw malformed(
        """
        says that its \(entry.compressedByteCount) bytes unfold to \(entry.byteCount), more than deflate makes \
        of them
        """)
    }
    let headerEnd = entry.offset.addingReportingOverflow(Self.memberHeaderByteCount)
    guard !headerEnd.overflow, headerEnd.partialValue <= directory else {
      throw malformed("begins at byte \(entry.offset), behind the last one of members")
    }
    let header = try file.bytes(in: entry.offset..<headerEnd.partialValue)
    func field<Number: FixedWidthInteger & UnsignedInteger>(_ offset: Int, _: Number.Type) -> Int {
      Int(LittleEndian.value(in: header, at: offset, as: Number.self))
    }
    let nameCount = field(26, UInt16.self)
    let start = headerEnd.partialValue + nameCount + field(28, UInt16.self)
    let (end, overflow) = start.addingReportingOverflow(entry.compressedByteCount)
    guard !overflow, end <= directory else {
      throw malformed(
        "of \(entry.compressedByteCount) bytes from \(start) on reaches into the directory")
    }
    let name = try file.bytes(in: headerEnd.partialValue..<headerEnd.partialValue + nameCount)
    guard LittleEndian.value(in: header, at: 0, as: UInt32.self) == Signature.member,
      name == Array(entry.name.utf8), field(8, UInt16.self) == entry.method,
      entry.hasDescriptor || field(14, UInt32.self) == Int(entry.checksum),
      [(18, entry.compressedByteCount), (22, entry.byteCount)].allSatisfy({ offset, byteCount in
        let size = field(offset, UInt32.self)
        // The sizes of large members stand elsewhere, those of streamed ones behind the bytes.
        return size == 0xFFFF_FFFF || entry.hasDescriptor || size == byteCount
      })
    else { throw malformed("is described otherwise in the directory than before its bytes") }
    let bytes: StoredBytes =
      entry.method == Method.stored
      ? .plain(file, start..<end)
      : .deflated(
        DeflatedBytes(file, in: start..<end, byteCount: entry.byteCount), file, member: entry.name)
    return (
      ZipMember(name: entry.name, offset: entry.offset, bytes: bytes, checksum: entry.checksum), end
    )
  }
}
