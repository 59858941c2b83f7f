internal import GRDB
internal import StoreAccess

/// What the view `runs` shows of one run.
public struct RunSummary: Sendable, Hashable {
  /// When it began: UTC, as `2026-11-24T06:44:09Z`.
  public let startedAt: String
  /// When it ended; `nil` where it did not.
  public let finishedAt: String?
  /// The checkpoint's name.
  public let checkpoint: String
  /// The number of variables that were made.
  public let materialized: Int
  /// The number of those that were there.
  public let skipped: Int
  /// The number of those whose bytes were compared with their digests.
  public let verified: Int
  /// The number of those that were made in place of others.
  public let replaced: Int
  /// The number of those that were damaged.
  public let failed: Int
  /// The tool that ran.
  public let toolVersion: String
}

extension CheckpointStore {
  /// Records a run that found the checkpoint damaged and changed nothing.
  package func recordFailedRun(
    of checkpoint: String, skipped: Int, failed: Int, toolVersion: String
  ) async throws {
    try await write { db in
      try db.run(
        .insertRun,
        ["checkpoint": checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
      try db.run(
        .finishRun,
        [
          "now": Timestamp.now(), "materialized": 0, "skipped": skipped, "verified": 0,
          "replaced": 0, "failed": failed, "id": db.lastInsertedRowID,
        ])
    }
  }

  /// The runs that wrote to the store, in order.
  public func runs() throws -> [RunSummary] {
    try read { db in
      try db.statement(.shownRuns).map { row in
        RunSummary(
          startedAt: row.text(0), finishedAt: row.optionalText(1), checkpoint: row.text(2),
          materialized: Int(row.integer(3)), skipped: Int(row.integer(4)),
          verified: Int(row.integer(5)), replaced: Int(row.integer(6)),
          failed: Int(row.integer(7)), toolVersion: row.text(8))
      }
    }
  }
}
