import Nascent

/// Tells stores from manifests.
enum StoreFile {
  /// True when the file begins as SQLite's do.
  static func isSQLite(_ path: String) throws -> Bool {
    let magic = Array("SQLite format 3".utf8)
    let file = try ReadableFile(path: path)
    return try file.byteCount >= magic.count && file.bytes(in: 0..<magic.count) == magic
  }
}
