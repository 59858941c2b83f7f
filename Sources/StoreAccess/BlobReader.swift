public import GRDB
internal import GRDBSQLite

/// Reads parts of the values of one BLOB column, row after row, into memory of the caller.
///
/// SQLite's incremental reading copies pages to where the bytes are wanted; a query would first build
/// the value. A class, because it owns a handle of SQLite; used on its connection's queue only.
public final class BlobReader {
  private let connection: OpaquePointer?
  private let table: String
  private let column: String
  private var handle: OpaquePointer?
  private var openRow: Int64?

  /// A reader of the column of a table.
  public init(_ db: Database, table: String, column: String) {
    connection = unsafe db.sqliteConnection
    self.table = table
    self.column = column
  }

  deinit { unsafe sqlite3_blob_close(handle) }

  /// Fills `span` with the bytes of `row` from `offset` on.
  ///
  /// - Returns: False where there is no such row, or it does not have these bytes.
  /// - Throws: `DatabaseError`, also where the file is damaged.
  public func read(row: Int64, from offset: Int, into span: inout MutableRawSpan) throws -> Bool {
    guard try open(row) else { return false }
    let byteCount = unsafe Int(sqlite3_blob_bytes(handle))
    guard offset >= 0, span.byteCount <= byteCount, offset <= byteCount - span.byteCount,
      let start = Int32(exactly: offset)
    else { return false }
    let code = span.withUnsafeMutableBytes { buffer in
      // The part lies inside the value by the check above, and fits 32 bits as its size does.
      unsafe buffer.isEmpty
        ? SQLITE_OK
        : sqlite3_blob_read(handle, buffer.baseAddress, Int32(buffer.count), start)
    }
    guard code == SQLITE_OK else { throw unsafe DatabaseError.last(of: connection) }
    return true
  }

  private func open(_ row: Int64) throws -> Bool {
    if openRow == row { return true }
    openRow = nil
    var code: Int32
    if unsafe handle != nil {
      code = unsafe sqlite3_blob_reopen(handle, row)
    } else {
      code = unsafe sqlite3_blob_open(connection, "main", table, column, row, 0, &handle)
    }
    switch code {
    case SQLITE_OK: openRow = row
    // No such row. A handle that failed to move is of no more use.
    case SQLITE_ERROR:
      unsafe sqlite3_blob_close(handle)
      unsafe handle = nil
      return false
    default: throw unsafe DatabaseError.last(of: connection)
    }
    return true
  }
}
