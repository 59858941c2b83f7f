internal import TensorMemory
internal import Tensors

/// A run of bytes in a file: as they are, or deflated.
enum StoredBytes: Sendable {
  case plain(ReadableFile, Range<Int>)
  /// With the name of the archive's member, for messages.
  case deflated(DeflatedBytes, ReadableFile, member: String)

  /// The number of bytes, unfolded.
  var byteCount: Int {
    switch self {
    case .plain(_, let range): range.count
    case .deflated(let bytes, _, _): bytes.byteCount
    }
  }

  /// The file's path.
  var path: String {
    switch self {
    case .plain(let file, _), .deflated(_, let file, _): file.path
    }
  }

  /// Fills all of `span` with the bytes from `offset` on.
  ///
  /// - Throws: `ModelFileError.Code.malformed`, `FileAccessError`.
  func read(into span: inout MutableRawSpan, at offset: Int) throws {
    switch self {
    case .plain(let file, let range): try file.read(into: &span, at: range.lowerBound + offset)
    case .deflated(let bytes, let file, let member):
      try Self.naming(member, of: file) { try bytes.read(into: &span, at: offset) }
    }
  }

  /// The bytes of a range that lies inside.
  ///
  /// - Throws: As `read(into:at:)`.
  func bytes(in range: Range<Int>) throws -> [UInt8] {
    switch self {
    case .plain(let file, let place):
      return try file.bytes(
        in: place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound)
    case .deflated(let bytes, let file, let member):
      return try Self.naming(member, of: file) { try bytes.bytes(in: range) }
    }
  }

  /// Checks that deflated bytes end where they should.
  ///
  /// - Throws: As `read(into:at:)`.
  func checkEnd() throws {
    guard case .deflated(let bytes, let file, let member) = self else { return }
    try Self.naming(member, of: file) { try bytes.checkEnd() }
  }

  /// Runs `body`; where the deflated bytes are wrong, the error names the member.
  private static func naming<Value>(
    _ member: String, of file: ReadableFile, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as DeflateError {
      throw ModelFileError.malformed(
        file.path, because: "its member \"\(member.shown)\" \(error.description)")
    }
  }
}
