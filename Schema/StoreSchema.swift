/// The store's SQL: what makes a store, and named statements.
public enum StoreSchema {
  /// "NASC" in ASCII: `PRAGMA application_id` of every store.
  public static let applicationID = 0x4E41_5343

  /// `PRAGMA user_version` of every store.
  public static let version = 1

  /// The SQL that makes a store.
  public static let store = text(PackageResources.store_sql)

  /// The statements of `statements.sql`, by the name after `-- name:`, with its texts put in.
  public static let statements: [String: String] = {
    var found: [String: String] = [:]
    var texts: [(place: String, text: String)] = []
    for part in text(PackageResources.statements_sql).split(separator: "\n-- ") {
      let lines = part.split(separator: "\n")
      let heading = lines[0].split(separator: ": ")
      guard heading.count == 2, heading[0] == "name" || heading[0] == "text" else { continue }
      var body = lines.dropFirst().joined(separator: "\n")
      for (place, text) in texts { body = body.replacing(place, with: text) }
      if heading[0] == "text" {
        texts.append(("{\(heading[1])}", body))
      } else {
        found[String(heading[1])] = body
      }
    }
    return found
  }()

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
