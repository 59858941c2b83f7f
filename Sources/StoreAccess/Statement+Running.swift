public import GRDB
internal import GRDBSQLite

/// SQLite's own calls for statements that run once for each of thousands of variables: values are
/// bound by position, bytes without a copy, and columns are read without a row object. GRDB, which
/// prepares and keeps the statements, has no such calls.
extension Statement {
  /// Runs the statement to its end, with values for its parameters in order.
  ///
  /// - Throws: `DatabaseError`.
  public func run(_ values: StatementValue...) throws {
    try withRows(values) { _ in }
  }

  /// Runs the statement, whose only parameter is `bytes`, which SQLite reads where they lie.
  ///
  /// - Throws: `DatabaseError`.
  public func run(bytes: RawSpan) throws {
    let statement = sqliteStatement
    // GRDB leaves a statement that it ran at its end, where it takes no values.
    unsafe sqlite3_reset(statement)
    let code = bytes.withUnsafeBytes { buffer in
      // The bytes outlive the step, and the reset forgets them; a null address binds an empty value.
      unsafe buffer.isEmpty
        ? sqlite3_bind_zeroblob(statement, 1, 0)
        : sqlite3_bind_blob64(
          statement, 1, buffer.baseAddress, UInt64(buffer.count), nil)
    }
    guard code == SQLITE_OK else { throw failure() }
    let stepped = bytes.withUnsafeBytes { _ in unsafe sqlite3_step(statement) }
    defer { unsafe clear(statement) }
    guard stepped == SQLITE_DONE else { throw failure() }
  }

  /// Calls `body` with each row, with values for the parameters in order.
  ///
  /// - Throws: `DatabaseError`, and what `body` throws.
  public func withRows(_ values: [StatementValue], _ body: (borrowing StatementRow) throws -> Void)
    throws
  {
    let statement = sqliteStatement
    // GRDB leaves a statement that it ran at its end, where it takes no values.
    unsafe sqlite3_reset(statement)
    for (place, value) in values.enumerated() { try bind(value, at: Int32(place + 1)) }
    defer { unsafe clear(statement) }
    while true {
      switch unsafe sqlite3_step(statement) {
      case SQLITE_ROW: try body(StatementRow(statement))
      case SQLITE_DONE: return
      default: throw failure()
      }
    }
  }

  /// What `body` makes of each row, in order.
  ///
  /// - Throws: `DatabaseError`, and what `body` throws.
  public func map<Value>(
    _ values: StatementValue..., body: (borrowing StatementRow) throws -> Value
  ) throws -> [Value] {
    var found: [Value] = []
    try withRows(values) { found.append(try body($0)) }
    return found
  }

  /// What `body` makes of the first row; `nil` where there is none.
  ///
  /// - Throws: `DatabaseError`, and what `body` throws.
  public func first<Value>(
    _ values: StatementValue..., body: (borrowing StatementRow) throws -> Value
  ) throws -> Value? {
    var found: Value?
    try withRows(values) { row in
      if found == nil { found = try body(row) }
    }
    return found
  }

  private func bind(_ value: StatementValue, at place: Int32) throws {
    let statement = sqliteStatement
    // SQLite's SQLITE_TRANSIENT: it copies what it is given before the call returns.
    let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(statement, place)
      case .integer(let number): unsafe sqlite3_bind_int64(statement, place, number)
      case .real(let number): unsafe sqlite3_bind_double(statement, place, number)
      case .text(let text):
        unsafe sqlite3_bind_text(statement, place, text, Int32(clamping: text.utf8.count), copied)
      case .bytes(let bytes):
        unsafe sqlite3_bind_blob64(statement, place, bytes, UInt64(bytes.count), copied)
      }
    guard code == SQLITE_OK else { throw failure() }
  }

  private func clear(_ statement: OpaquePointer) {
    unsafe sqlite3_reset(statement)
    unsafe sqlite3_clear_bindings(statement)
  }

  private func failure() -> DatabaseError {
    let connection = unsafe sqlite3_db_handle(sqliteStatement)
    return unsafe DatabaseError.last(of: connection, sql: sql)
  }
}

extension DatabaseError {
  /// The last failure of a connection.
  static func last(of connection: OpaquePointer?, sql: String? = nil) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: unsafe sqlite3_extended_errcode(connection)),
      message: unsafe String(cString: sqlite3_errmsg(connection)), sql: sql)
  }
}
