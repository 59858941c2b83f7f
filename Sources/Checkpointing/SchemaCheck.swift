internal import GRDB
internal import StoreAccess
internal import StoreSchema
internal import Synchronization

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

    /// - Parameter sql: The statement as SQLite keeps it, or as a file of this library has it. Columns that
    ///   were added to a table stand in it with other blanks.
    init(type: String, name: String, table: String, sql: String) {
      self.type = type
      self.name = name
      self.table = table
      self.sql = Self.withoutNeedlessBlanks(sql)
    }

    /// One blank for several, and none before a comma or a closing parenthesis.
    private static func withoutNeedlessBlanks(_ sql: String) -> String {
      var bytes: [UInt8] = []
      for byte in sql.utf8 {
        let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n")
        if bytes.last == UInt8(ascii: " ") {
          if isBlank { continue }
          if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ")") { bytes.removeLast() }
        }
        bytes.append(isBlank ? UInt8(ascii: " ") : byte)
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The objects of the present version, as `store.sql` makes them.
  private static let present: Set<Object> = {
    let lines = StoreSchema.store.split(separator: "\n").filter { !$0.hasPrefix("--") }
    let statements = lines.joined(separator: "\n").split(separator: ";")
    return Set(
      statements.map { statement in
        let sql = String(statement.trimmingPrefix("\n")).replacing(
          " IF NOT EXISTS", with: "", maxReplacements: 1)
        let words = sql.split { $0.isWhitespace }
        let type = words[1].lowercased()
        return Object(
          type: type, name: String(words[2]), table: String(words[type == "index" ? 4 : 2]),
          sql: sql)
      })
  }()

  /// The objects of each older version that was asked for.
  private static let older = Mutex<[Int: Set<Object>]>([:])

  /// - Throws: `CheckpointError.Code.notAStore`, `DatabaseError`.
  static func check(_ db: Database, version: Int, path: String) throws {
    let found = try objects(in: db)
    if let trigger = found.first(where: { $0.type == "trigger" }) {
      throw CheckpointError.notAStore(
        path, because: "its schema has a trigger, \(trigger.name.debugDescription)")
    }
    if let missing = try expected(version).subtracting(found).min(by: { $0.name < $1.name }) {
      throw CheckpointError.notAStore(
        path, because: "its \(missing.type) \(missing.name) is missing or not as it must be")
    }
  }

  private static func expected(_ version: Int) throws -> Set<Object> {
    if version == StoreSchema.version { return present }
    return try older.withLock { known in
      if let objects = known[version] { return objects }
      let objects = try MemoryReserve.opening { try DatabaseQueue() }.write { db in
        for sql in StoreSchema.olderVersions[..<version] { try db.execute(sql: sql) }
        return try self.objects(in: db)
      }
      known[version] = objects
      return objects
    }
  }

  /// All but the indexes that SQLite makes by itself.
  private static func objects(in db: Database) throws -> Set<Object> {
    var found: Set<Object> = []
    try db.statement(.schemaObjects).withRows([]) { row in
      guard let sql = row.optionalText(3) else { return }
      found.insert(Object(type: row.text(0), name: row.text(1), table: row.text(2), sql: sql))
    }
    return found
  }
}
