public import GRDB
internal import GRDBSQLite

extension Database {
  /// True where the main file's path does not lead to the open file any more: it was deleted, moved or
  /// replaced, and what is written now reaches nobody.
  public var hasLostItsFile: Bool {
    var hasMoved: Int32 = 0
    let code = unsafe sqlite3_file_control(
      sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
    return code == SQLITE_OK && hasMoved != 0
  }
}
