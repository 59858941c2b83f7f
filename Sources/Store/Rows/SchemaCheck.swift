internal import GRDB
internal import StoreAccess
internal import StoreSchema
internal import Tensors

/// Checks that a file's tables, views and indexes are the ones that this library makes.
///
/// Views and tables of the user's own may stand beside them. Triggers may not: they would run with the
/// library's own statements.
enum SchemaCheck {
  private struct Object: Hashable, Sendable {
    let type: String
    let name: String
    let table: String
    let sql: String

    /// - Parameter sql: The statement as SQLite keeps it, or as `store.sql` has it.
    init(type: String, name: String, table: String, sql: String) {
      self.type = type
      self.name = name
      self.table = table
      self.sql = Self.withoutNeedlessBlanks(sql)
    }

    /// Outside of literals one blank for several, and none before a comma or a closing parenthesis.
    private static func withoutNeedlessBlanks(_ sql: String) -> String {
      var bytes: [UInt8] = []
      var isLiteral = false
      for byte in sql.utf8 {
        if byte == UInt8(ascii: "'") { isLiteral.toggle() }
        let isBlank = !isLiteral && (byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n"))
        if bytes.last == UInt8(ascii: " "), !isLiteral {
          if isBlank { continue }
          if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") { bytes.removeLast() }
        }
        bytes.append(isBlank ? UInt8(ascii: " ") : byte)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The objects of a store, as `store.sql` makes them.
  private static let present: Set<Object> = {
    let lines = StoreSchema.store.split(separator: "\n").filter { !$0.hasPrefix("--") }
    let statements = lines.joined(separator: "\n").split(separator: ";")
    return Set(
      statements.map { statement in
        let sql = String(statement.trimmingPrefix("\n"))
        let words = sql.split { $0.isWhitespace }
        let type = words[1].lowercased()
        return Object(
          type: type, name: String(words[2]), table: String(words[type == "index" ? 4 : 2]),
          sql: sql)
      })
  }()

  /// - Throws: `CheckpointError.Code.notAStore`, `DatabaseError`.
  static func check(_ db: Database, path: String) throws {
    let rows = try rows(in: db)
    // SQLite reads `TRIGGER` for one, too.
    if let strange = rows.first(where: { !["table", "index", "view"].contains($0.type) }) {
      throw CheckpointError.notAStore(
        path, because: "its schema has a \(strange.type.shown), \"\(strange.name.shown)\"")
    }
    let missing = present.subtracting(objects(in: rows))
    if let first = missing.min(by: { $0.name < $1.name }) {
      throw CheckpointError.notAStore(
        path, because: "its \(first.type) \(first.name) is missing or not as it must be")
    }
  }

  /// A row of the schema as it stands.
  private struct Entry {
    let type: String
    let name: String
    let table: String
    let sql: String?
  }

  private static func rows(in db: Database) throws -> [Entry] {
    try db.statement(.schemaObjects).map { row in
      Entry(type: row.text(0), name: row.text(1), table: row.text(2), sql: row.optionalText(3))
    }
  }

  /// All but the indexes that SQLite makes by itself.
  private static func objects(in rows: [Entry]) -> Set<Object> {
    Set(
      rows.compactMap { row in
        row.sql.map { Object(type: row.type, name: row.name, table: row.table, sql: $0) }
      })
  }
}
