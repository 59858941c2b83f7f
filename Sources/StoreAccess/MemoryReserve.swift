internal import CStoreAccess
internal import GRDBSQLite

/// Memory that is kept aside for opening connections.
///
/// GRDB ends the process where SQLite is refused memory for the functions and collations that it adds to
/// each connection. With a reserve it gets these, and the next allocation that fails is an error.
public enum MemoryReserve {
  /// Keeps 128 KiB aside from now on, behind the memory of SQLite in the whole process: enough for three
  /// openings that find no memory at all, at one time.
  ///
  /// - Returns: Whether it could: not where SQLite is in use already.
  @discardableResult
  public static func keep() -> Bool { nascent_keep_reserve() == SQLITE_OK }

  /// Opens a connection by `body`, on this thread, which may use the reserve.
  ///
  /// - Throws: What `body` throws.
  public static func opening<Value>(_ body: () throws -> Value) rethrows -> Value {
    nascent_begin_opening()
    defer { nascent_end_opening() }
    return try body()
  }
}
