internal import CStoreAccess
public import GRDB
internal import GRDBSQLite

extension Database {
  /// Prepares the connection for a file that a stranger may have made: SQLite's own tables cannot be
  /// written, the schema's functions are not trusted, and values, statements and their depth are bounded. Its
  /// statements can call `row_seal`.
  ///
  /// - Throws: `DatabaseError`.
  public func defend() throws {
    let code = unsafe nascent_defend_connection(UnsafeMutableRawPointer(sqliteConnection))
    guard code == SQLITE_OK else { throw unsafe DatabaseError.last(of: sqliteConnection) }
    let added = unsafe nascent_add_row_seal(UnsafeMutableRawPointer(sqliteConnection))
    guard added == SQLITE_OK else { throw unsafe DatabaseError.last(of: sqliteConnection) }
    for (limit, value) in Self.limits { unsafe sqlite3_limit(sqliteConnection, limit, value) }
  }

  /// Far above what a store needs, far below what would exhaust the machine.
  private static let limits: [(Int32, Int32)] = [
    (SQLITE_LIMIT_LENGTH, 64 << 20),
    (SQLITE_LIMIT_SQL_LENGTH, 1 << 20),
    (SQLITE_LIMIT_COLUMN, 200),
    (SQLITE_LIMIT_EXPR_DEPTH, 100),
    (SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (SQLITE_LIMIT_VDBE_OP, 100_000),
    (SQLITE_LIMIT_ATTACHED, 0),
    (SQLITE_LIMIT_TRIGGER_DEPTH, 0),
  ]
}
