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

extension CheckpointStore {
  /// Opens a store; where another program keeps this one waiting, standard error says so.
  ///
  /// - Parameter isSilent: Says nothing.
  convenience init(
    opening path: String, for access: Access = .write, isSilent: Bool
  ) throws {
    let say: @Sendable (StoreWait) -> Void = { Console.error($0.description) }
    try self.init(path: path, for: access, onWait: isSilent ? nil : say)
  }
}
