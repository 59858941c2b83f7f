internal import TensorMemory
internal import GRDB
public import Initializers
internal import StoreAccess
internal import Tensors
public import VariableGraph

extension CheckpointStore {
  /// Adds what other stores, the parts that workers made, have of a checkpoint.
  ///
  ///     let report = try await store.merge(["part-0.db", "part-1.db"])
  ///     for missing in report.missing { print(missing.name, missing.chunks) }
  ///
  /// In any order, any number of times, and again after it was killed: what is there already is compared and
  /// not copied. Parts are opened one after another and never changed. Every chunk is checked against its
  /// digest while it is copied, and every whole value against its own. A value has in all columns what a run
  /// on one machine makes of it; only a recipe of which several workers made parts has no `sha256`, and
  /// neither has such a value of a catalog. The content digest is that of one machine in any case.
  ///
  /// - Parameter parts: The paths of stores with the same declarations.
  /// - Parameter checkpoint: The checkpoint's name in the parts and here.
  /// - Parameter isCatalog: Refers to the parts' bytes where they lie, instead of copying them. The
  ///   parts must then stay, and stay as they are.
  /// - Parameter registry: The initializers whose promises are known; add your own to it.
  /// - Parameter toolVersion: What the view `runs` shows as the tool.
  /// - Throws: `CheckpointError` with the codes `notAStore`; `unknownCheckpoint`; `otherGraph`;
  ///   `overlap` where a part has another value than the store, which is from another part; `mixedParts`;
  ///   `otherTraining` where a part contradicts the store about step, metrics or metadata; `damaged` where
  ///   rows, digests or bytes of a part or of this store are; `busy`; `inputOutput`. What was merged before stays.
  public func merge(
    _ parts: [String], checkpoint: String = "initial", asCatalog isCatalog: Bool = false,
    registry: InitializerRegistry = .standard, toolVersion: String = "library"
  ) async throws -> MergeReport {
    let clock = ContinuousClock()
    let start = clock.now
    let presence = WriterPresence(beside: path)
    // A damaged checkpoint would be given a new content digest in the end.
    do {
      try read { db in
        if try db.presentCheckpoint(named: checkpoint, path: path) != nil {
          try checkSeal(of: checkpoint, .values, db)
        }
      }
    } catch let error as CheckpointError where error.code == .damaged {
      throw CheckpointError.damagedTarget(error, path: path)
    }
    var run = MergeRun(checkpoint: checkpoint, toolVersion: toolVersion, presence: presence)
    do {
      try await add(parts, to: checkpoint, asCatalog: isCatalog, &run, registry)
    } catch {
      await keepWhatIsWritten()
      throw error
    }
    let (begun, tally) = (run, run.tally)
    var report = try await write { db in
      let id = try begun.id ?? begun.begin(db)
      return try Self.finish(db, id, checkpoint, tally, partCount: parts.count)
    }
    report.seconds = (clock.now - start).inSeconds
    withExtendedLifetime(presence) {}
    return report
  }

  /// A merge and its row in the table of runs, which is written when the first part was found intact.
  private struct MergeRun: Sendable {
    let checkpoint: String
    let toolVersion: String
    let presence: WriterPresence
    var id: Int64?
    var tally = PartMerge.Tally()

    /// - Returns: The key of the row.
    func begin(_ db: Database) throws -> Int64 {
      let isLeft = try db.number(.countUnfinishedPayloads) > 0 && presence.isAlone()
      if isLeft { try db.removeUnusedPayloads(unfinished: true) }
      try db.run(
        .insertRun,
        ["checkpoint": checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
      return db.lastInsertedRowID
    }
  }

  /// Adds the parts one after another. A transaction may be open in the end.
  private func add(
    _ parts: [String], to checkpoint: String, asCatalog isCatalog: Bool, _ run: inout MergeRun,
    _ registry: InitializerRegistry
  ) async throws {
    let own = path
    var lastCommit = ContinuousClock.now
    for path in parts where !isOwnFile(path) {
      try Task.checkCancellation()
      let part = try CheckpointStore(path: path, for: .read)
      let request = PartMerge.Request(
        checkpoint: checkpoint, part: path, store: own,
        catalogPath: isCatalog ? PartPath.relative(path, to: own) : nil, registry: registry)
      let (before, begun) = (lastCommit, run)
      let found = try await access { db in
        try part.read { source in
          try part.checkAsPart(checkpoint, source)
          do {
            let id = try begun.id ?? db.transaction(.immediate) { try begun.begin($0) }
            let merged = try PartMerge(db: db, source: source, request: request)
              .run(lastCommit: before)
            return (run: id, tally: merged.tally, lastCommit: merged.lastCommit)
          } catch let error as DatabaseError {
            throw CheckpointError.database(error, path: own)
          }
        }
      }
      run.id = found.run
      run.tally.add(found.tally)
      lastCommit = found.lastCommit
    }
  }

  /// Compares all that a merge reads of this store, a part, with its fingerprints and digests; bytes are
  /// compared when they are copied.
  ///
  /// - Throws: `CheckpointError.Code.damaged`.
  private func checkAsPart(_ checkpoint: String, _ source: Database) throws {
    guard try source.checkpointID(of: checkpoint) != nil else { return }
    do {
      try checkSeal(of: checkpoint, .values, source)
    } catch let error as CheckpointError where error.code == .damaged {
      throw CheckpointError.damagedRows(error, inPart: path)
    }
  }

  /// Commits, while an error is on its way to the user, who hears of that one.
  private func keepWhatIsWritten() async {
    // A task of its own: the one that ends here may have been cancelled, and the store then takes nothing
    // more from it.
    await Task {
      try? await access { db in
        if db.isInsideTransaction { try db.commitSealed() }
      }
    }.value
  }

  /// True for a path of this store, which is no part of itself.
  private func isOwnFile(_ other: String) -> Bool {
    FileIdentity(path: other).map { $0 == FileIdentity(path: path) } ?? false
  }

  /// Stores the content digest and the run's counts, and looks for what is missing.
  private static func finish(
    _ db: Database, _ run: Int64, _ checkpoint: String, _ tally: PartMerge.Tally, partCount: Int
  ) throws -> MergeReport {
    let head = try db.statement(.checkpointHead).first(.text(checkpoint)) {
      (id: $0.integer(0), fingerprint: Digest(bytes: $0.bytes(4)))
    }
    guard let id = head?.id, let fingerprint = head?.fingerprint else {
      throw CheckpointError.unknownCheckpoint(
        checkpoint, known: try db.statement(.checkpointSummaries).map { $0.text(0) })
    }
    let content = try db.contentDigest(of: id)
    try db.run(.setContentDigest, ["digest": content?.data, "id": id])
    try db.run(
      .finishRun,
      [
        "now": Timestamp.now(), "materialized": tally.completedCount, "skipped": 0, "verified": 0,
        "replaced": 0, "failed": 0, "id": run,
      ])
    var report = MergeReport(partCount: partCount, specFingerprint: fingerprint)
    report.chunkCount = tally.chunkCount
    report.byteCount = tally.byteCount
    report.completedCount = tally.completedCount
    report.contentDigest = content
    if content == nil { report.missing = try db.missingValues(of: id) }
    report.shareCounts = try db.statement(.shareTotals).map(.integer(id)) { Int($0.integer(0)) }
    return report
  }
}

extension Database {
  /// The values of a checkpoint that are not there, or not whole.
  func missingValues(of checkpoint: Int64) throws -> [MergeReport.Missing] {
    let found = try statement(.missingValues).map(.integer(checkpoint)) { row in
      (name: row.text(0), byteCount: Int(row.integer(1)), partial: row.optionalInteger(2))
    }
    return try found.map { value in
      let count = Chunking.count(ofBytes: max(value.byteCount, 0))
      let missing =
        try value.partial.map { try missingChunks(of: $0, in: 0..<count) }
        ?? (count == 0 ? [] : [0..<count])
      return MergeReport.Missing(name: value.name, chunks: missing, chunkCount: count)
    }
  }
}

extension Duration {
  fileprivate var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
