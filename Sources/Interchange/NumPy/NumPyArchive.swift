public import TensorMemory
internal import Tensors

/// NumPy's `.npz` format: a ZIP archive of `.npy` files, one a tensor.
///
/// Members may be stored, as `numpy.savez` has them, or deflated, as `numpy.savez_compressed`; what is written
/// is what `numpy.savez` writes for the same arrays in the order of their names, byte for byte.
public struct NumPyArchive: TensorSource {
  private let path: String
  private let members: [ZipMember]
  private let arrays: [NumPyArray]
  /// The arrays in the order of their bytes.
  public let entries: [TensorEntry]
  /// Memory for checksums, of all members.
  private let pool = MemoryPool(byteCount: Chunking.chunkByteCount)

  /// Opens an archive, and reads and checks its directory and the headers of its arrays.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  public init(path: String) throws {
    let file = try ReadableFile(path: path)
    members = try ZipDirectory(of: file).members.sorted { $0.offset < $1.offset }
    arrays = try members.map { member in
      try NumPyArray(member.bytes, name: try Self.arrayName(member.name, path))
    }
    entries = arrays.map(\.entry)
    self.path = path
  }

  /// The name of the format.
  public var formatName: String { ModelFormat.npz.rawValue }

  /// Reads a part of an array; see `TensorSource`.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try arrays[index].read(into: &span, at: offset)
  }

  /// Where an array lies that is stored as it is; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? { arrays[index].location }

  /// Compares the checksum of a member with the one that the archive has.
  ///
  /// - Throws: `ModelFileError.Code.malformed`, `FileAccessError`.
  public func validate(_ index: Int) throws {
    let member = members[index]
    var checksum = CRC32()
    for lower in stride(from: 0, to: member.bytes.byteCount, by: pool.byteCount) {
      let count = min(pool.byteCount, member.bytes.byteCount - lower)
      let storage = try TensorStorage(byteCount: count, from: pool)
      try storage.fill(0..<count) { try member.bytes.read(into: &$0, at: lower) }
      storage.seal()
      storage.withBytes { checksum.update($0) }
    }
    try member.bytes.checkEnd()
    guard checksum.value == member.checksum else {
      throw ModelFileError.malformed(
        path,
        because: """
          the bytes of array "\(arrays[index].entry.name.shown)" have the checksum \
          \(checksum.value), and its directory says \(member.checksum)
          """)
    }
  }

  /// A finished file with all tensors of a source.
  static func file(
    of source: some TensorSource, replacing path: String, sparing inputs: [String], keepsOrder: Bool
  ) throws -> WritableFile {
    let entries = source.entries
    let order =
      keepsOrder
      ? Array(entries.indices)
      : entries.indices.sorted {
        NameKey(entries[$0].name) < NameKey(entries[$1].name)
      }
    let file = try WritableFile(replacing: path, sparing: inputs)
    // A member's checksum stands before its bytes.
    guard !file.isStream else { throw ModelFileError.notSeekable(path) }
    var archive = ZipWriter(file)
    let reader = PartReader(source)
    for index in order {
      let entry = entries[index]
      if let reason = escapingName(entry.name) {
        throw ModelFileError.unwritableName(entry.name, because: reason)
      }
      let header = NumPyHeader(shape: entry.shape, scalarType: entry.scalarType).bytes
      try archive.begin("\(entry.name).npy", byteCount: header.count + entry.byteCount)
      try header.withRawSpan { try archive.append($0) }
      try reader.forEachPart(of: index) { try archive.append($0) }
      try archive.end()
    }
    try archive.finish()
    try file.finish()
    return file
  }

  private static func arrayName(_ member: String, _ path: String) throws -> String {
    let end = ".\(ModelFormat.npy.rawValue)"
    guard member.utf8.suffix(end.utf8.count).elementsEqual(end.utf8) else {
      throw ModelFileError.malformed(
        path, because: "its member \"\(member.shown)\" is no .npy file")
    }
    let name = String(decoding: member.utf8.dropLast(end.utf8.count), as: UTF8.self)
    if let reason = escapingName(name) {
      throw ModelFileError.malformed(
        path, because: "the name of its member \"\(member.shown)\" \(reason)")
    }
    return name
  }

  /// Why a member of that name could be unpacked outside the folder that it is unpacked to.
  private static func escapingName(_ name: String) -> String? {
    // Bytes, as a file system sees them: a slash with an accent behind it is one character of a text.
    let slash = UInt8(ascii: "/")
    if name.utf8.first == slash { return "begins with a slash" }
    if name.utf8.contains(UInt8(ascii: "\\")) { return "has a backslash" }
    if name.utf8.split(separator: slash).contains(where: { $0.elementsEqual("..".utf8) }) {
      return "has the part \"..\""
    }
    return nil
  }
}
