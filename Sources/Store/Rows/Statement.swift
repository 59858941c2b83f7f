internal import GRDB
internal import StoreAccess
internal import StoreSchema

/// The names of the statements in `Schema/statements.sql`.
enum StatementName: String, CaseIterable {
  case schemaObjects
  case checkTableCheckpoint, checkTableVariable, checkTablePayload, checkTableChunk, checkFile
  case sealOfCheckpoint, sealVariables, sealCheckpoints
  case firstUnprovenVariable, unprovenVariables, isCheckpointProven, hasUnsealedRows
  case renewCheckpoint, unsealCheckpoint, unsealPartial, strayRows, namesOfCheckpoint,
    checkpointNames
  case findCheckpoint, insertCheckpoint, updateCheckpoint, clearContentDigest, setContentDigest
  case restoreContentDigest
  case insertSavedCheckpoint, savedCheckpoints, forgetStep, deleteCheckpoint
  case insertMetric, metrics, deleteMetrics
  case checkpointSummaries, storedVariables, storedVariable, presentVariables, contentOfCheckpoint
  case shownVariables, shownVariable
  case putVariable, updateDescription, redeclareVariable, deleteVariable, deleteVariables
  case attachPayload, attachedPayload
  case insertPayload, finishPayload, findPayload, nextPayload
  case deletePayload, deleteChunksOfPayload
  case payloadsOfCheckpoint, countUsesOfPayload, blocksOfPayload, deleteUnusedBlock
  case insertBlock, insertChunk, findChunk, chunksOfPayload
  case deleteUnusedPayloads, deleteUnusedChunks, deleteUnusedBlocks
  case countUnusedPayloads, countUnfinishedPayloads, deleteUnfinishedPayloads, dataVersion
  case digestsOfPayload, subtreesOfPayload, setProof
  case deleteUnusedRecipes
  case replaceChunk, moveChunks, deleteForeignChunks, restorePayload, setPayload
  case deleteOrphanedChunks, setPreview, clearMoments
  case chunkNumbers, deleteChunks, insertShare, shares, deleteShares
  case partials, partialOfVariable, insertPartial, deletePartial, placesOfChunks, countChunks
  case checkpointHead, trainingOfCheckpoint, metricsOfCheckpoint, setTraining
  case declarations, valuesOfCheckpoint, ownValue, payloadColumns, missingValues
  case beginPart, endPart, undoPart
  case shareTotals, insertPart, findPart, countOuterBlocks, outerBlock, findOuterBlock
  case insertOuterBlock, deleteUnusedOuterBlock, deleteUnusedOuterBlocks, outerFiles, databaseFile
  case insertRun, finishRun, shownRuns

  /// The SQL. A test checks that every name has one.
  var sql: String {
    guard let sql = StoreSchema.statements[rawValue] else {
      preconditionFailure("statements.sql has a statement of every name")
    }
    return sql
  }
}

extension Database {
  /// A prepared statement; the connection keeps it for the next time.
  func statement(_ name: StatementName) throws -> Statement {
    try cachedStatement(sql: name.sql)
  }

  /// The key of a checkpoint; `nil` where there is none of that name.
  func checkpointID(of name: String) throws -> Int64? {
    try statement(.findCheckpoint).first(.text(name)) { $0.integer(0) }
  }

  /// Runs a statement that returns no rows.
  func run(_ name: StatementName, _ arguments: StatementArguments = StatementArguments()) throws {
    try statement(name).execute(arguments: arguments)
  }

  /// The number in the first column of a statement's only row; 0 where there is none.
  func number(_ name: StatementName) throws -> Int64 {
    try statement(name).first { $0.integer(0) } ?? 0
  }

  /// Removes payloads that no variable has, their chunks, and blocks that no chunk lies in.
  ///
  /// - Parameter unfinished: Also those whose last chunk has not come: there are some, and no other
  ///   writer is present.
  func removeUnusedPayloads(unfinished: Bool = false) throws {
    // Counting first keeps a run that left nothing behind from looking through every block.
    guard try unfinished || number(.countUnusedPayloads) > 0 else { return }
    try run(.deleteUnusedPayloads)
    if unfinished { try run(.deleteUnfinishedPayloads) }
    try run(.deleteUnusedChunks)
    try run(.deleteUnusedBlocks)
    try run(.deleteUnusedOuterBlocks)
  }
}
