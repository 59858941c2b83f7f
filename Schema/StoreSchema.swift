/// The store's SQL: migrations in order, and named statements.
public enum StoreSchema {
  /// "NASC" in ASCII: `PRAGMA application_id` of every store.
  public static let applicationID = 0x4E41_5343

  /// The SQL that brings a store from version *i* to version *i* + 1, for *i* = 0, 1, ….
  public static let migrations = [
    text(PackageResources.v001_store_sql), text(PackageResources.v002_training_sql),
    text(PackageResources.v003_proofs_sql) + text(PackageResources.v003_shares_sql)
      + text(PackageResources.v003_statistics_sql),
  ]

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
  public static var version: Int { migrations.count }

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
