import Foundation
import Nascent

/// Tells stores from manifests.
enum StoreFile {
  /// True when the file begins as SQLite's do.
  static func isSQLite(_ path: String) throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { throw MissingFileError(path: path) }
    do {
      let handle = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? handle.close() }
      return try handle.read(upToCount: 15) == Data("SQLite format 3".utf8)
    } catch {
      throw FileError(path: path, action: "read", cause: error)
    }
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
