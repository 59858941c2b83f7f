internal import GRDB
internal import StoreAccess

/// A checkpoint as its rows say it, and what is wrong with them: for those who show damage, where others
/// refuse it.
package struct RecordedCheckpoint: Sendable {
  /// The summary.
  package let summary: CheckpointSummary
  /// The variables and aliases in the order of their declaration.
  package let variables: [StoredVariable]
  /// The view `variables`.
  package let descriptions: [VariableDescription]
  /// Where declarations and digests are not those of the checkpoint's fingerprint and content digest, as
  /// sentences without an end.
  package let flaws: [String]
}

extension CheckpointStore {
  /// All rows of a checkpoint, of one state of the file.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading.
  package func recorded(_ checkpoint: String) throws -> RecordedCheckpoint {
    let summary = try recordedCheckpoint(named: checkpoint)
    return try read { db in
      let id = try knownCheckpointID(of: checkpoint, db)
      let rows = try storedVariables(of: id, db)
      return try RecordedCheckpoint(
        summary: summary, variables: rows, descriptions: shownVariables(of: checkpoint, db),
        flaws: CheckpointSeal(checkpoint: checkpoint).flaws(in: rows, id: id, .values, db))
    }
  }
}
