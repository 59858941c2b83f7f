/// The store's SQL: the present version, what leads to it from older ones, and named statements.
public enum StoreSchema {
  /// "NASC" in ASCII: `PRAGMA application_id` of every store.
  public static let applicationID = 0x4E41_5343

  /// The SQL that makes a store of the present version.
  public static let store = text(PackageResources.store_sql)

  /// The SQL that makes a file of version *i* + 1 of one of version *i*, for *i* = 0, 1, …, below the
  /// present version.
  public static let olderVersions = [
    text(PackageResources.v001_store_sql), text(PackageResources.v002_training_sql),
  ]

  /// The SQL that brings a file of a version to the present one; version 0 is an empty file.
  public static func upgrade(from version: Int) -> [String] {
    guard version > 0 else { return [store] }
    return olderVersions[version...] + [text(PackageResources.v003_columns_sql), store]
  }

  /// The SQL with which a connection that only reads takes a file of version *i* + 1 for one of the
  /// present version, for *i* = 0, 1, …; nothing of it is written to the file.
  public static let readings = [
    text(PackageResources.v001_reading_sql) + text(PackageResources.v003_reading_sql),
    text(PackageResources.v002_reading_sql) + text(PackageResources.v003_reading_sql),
  ]

  /// The version from which on payloads have roots. To bring an older file to it, or to read it, the
  /// roots must be computed, which SQL cannot.
  public static let firstVersionWithRoots = 3

  /// `PRAGMA user_version` of a store that this library writes.
  public static var version: Int { olderVersions.count + 1 }

  /// The statements of `statements.sql`, by the name after `-- name:`.
  public static let statements: [String: String] = {
    var found: [String: String] = [:]
    var name: Substring?
    var lines: [Substring] = []
    func keep() {
      if let name { found[String(name)] = lines.joined(separator: "\n") }
    }
    for line in text(PackageResources.statements_sql).split(separator: "\n") {
      if line.hasPrefix("-- name: ") {
        keep()
        name = line.dropFirst("-- name: ".count)
        lines = []
      } else if !line.hasPrefix("--") {
        lines.append(line)
      }
    }
    keep()
    return found
  }()

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
