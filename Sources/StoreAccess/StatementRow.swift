internal import GRDBSQLite

/// The row that a running statement stands on; columns are counted from 0.
///
/// A column of another type than asked for is converted as SQLite does it; a store's tables are
/// STRICT, so that it does not happen.
public struct StatementRow: ~Copyable {
  // Valid until the statement's next step: a row is lent to a closure and cannot be kept.
  private let statement: OpaquePointer

  init(_ statement: OpaquePointer) { self.statement = statement }

  /// True where the column is null.
  public func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  /// A whole number; 0 for null.
  public func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

  /// A whole number, or `nil` for null.
  public func optionalInteger(_ column: Int32) -> Int64? {
    isNull(column) ? nil : integer(column)
  }

  /// A number; 0 for null.
  public func real(_ column: Int32) -> Double { unsafe sqlite3_column_double(statement, column) }

  /// A number, or `nil` for null.
  public func optionalReal(_ column: Int32) -> Double? { isNull(column) ? nil : real(column) }

  /// A text; empty for null.
  public func text(_ column: Int32) -> String {
    guard let start = unsafe sqlite3_column_text(statement, column) else { return "" }
    // SQLite says how many bytes begin at `start`; what is not UTF-8 is repaired.
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// A text, or `nil` for null.
  public func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  /// A copy of the bytes; empty for null.
  public func bytes(_ column: Int32) -> [UInt8] {
    guard let start = unsafe sqlite3_column_blob(statement, column) else { return [] }
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
