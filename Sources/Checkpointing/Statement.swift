internal import GRDB
internal import StoreSchema

/// The names of the statements in `Schema/statements.sql`.
enum StatementName: String, CaseIterable {
  case findCheckpoint, insertCheckpoint, updateCheckpoint, clearContentDigest, setContentDigest
  case checkpointSummaries, storedVariables, shownVariables
  case putVariable, updateDescription, deleteVariable, attachPayload
  case insertPayload, finishPayload, findPayload, deletePayload, nextPayload
  case insertBlock, insertChunk, findChunk, chunksOfPayload, bytesOfBlock
  case deleteUnusedPayloads, deleteUnusedBlocks, countUnusedPayloads
  case insertRun, finishRun

  /// The SQL. A test checks that every name has one.
  var sql: String {
    guard let sql = StoreSchema.statements[rawValue] else {
      preconditionFailure("statements.sql has a statement of every name")
    }
    return sql
  }
}

extension Database {
  /// Runs a statement that returns no rows.
  func run(_ name: StatementName, _ arguments: StatementArguments = StatementArguments()) throws {
    try cachedStatement(sql: name.sql).execute(arguments: arguments)
  }

  /// All rows of a statement.
  func rows(
    _ name: StatementName, _ arguments: StatementArguments = StatementArguments()
  ) throws -> [Row] {
    try Row.fetchAll(cachedStatement(sql: name.sql), arguments: arguments)
  }

  /// The first row of a statement.
  func row(
    _ name: StatementName, _ arguments: StatementArguments = StatementArguments()
  ) throws -> Row? {
    try Row.fetchOne(cachedStatement(sql: name.sql), arguments: arguments)
  }

  /// Removes payloads that no variable has, and blocks that no chunk lies in.
  func removeUnusedPayloads() throws {
    // Counting first keeps a run that left nothing behind from looking through every block.
    guard try row(.countUnusedPayloads).map({ $0[0] as Int }) ?? 0 > 0 else { return }
    try run(.deleteUnusedPayloads)
    try run(.deleteUnusedBlocks)
  }
}
