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
    let sql: String?
  }

  /// The objects of each version that was asked for.
  private static let known = Mutex<[Int: Set<Object>]>([:])

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
    try known.withLock { known in
      if let objects = known[version] { return objects }
      let objects = try DatabaseQueue().write { db in
        for migration in StoreSchema.migrations[..<version] { try db.execute(sql: migration) }
        return try self.objects(in: db)
      }
      known[version] = objects
      return objects
    }
  }

  private static func objects(in db: Database) throws -> Set<Object> {
    var found: Set<Object> = []
    try db.statement(.schemaObjects).withRows([]) { row in
      found.insert(
        Object(
          type: row.text(0), name: row.text(1), table: row.text(2), sql: row.optionalText(3)))
    }
    return found
  }
}
