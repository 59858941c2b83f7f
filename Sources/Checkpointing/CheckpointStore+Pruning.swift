internal import GRDB
internal import StoreAccess

extension CheckpointStore {
  /// Removes the saved checkpoints that a policy does not keep, and the bytes that nobody else has.
  ///
  /// What becomes free in the file is used by what is written next; the file itself gets no smaller.
  ///
  /// - Returns: The names of the removed checkpoints, in the order of their steps.
  /// - Throws: `CheckpointError` with the codes `unsuitableRetention`, `busy`, `inputOutput`; nothing is
  ///   removed then.
  public func prune(keeping policy: RetentionPolicy) async throws -> [String] {
    try policy.validate()
    let path = path
    return try await write { db in
      try db.prune(keeping: policy, path: path).map(\.name)
    }
  }

  /// Removes a checkpoint, saved or not, and the bytes that no other has.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `busy`, `inputOutput`; nothing is
  ///   removed then.
  public func removeCheckpoint(named name: String) async throws {
    // Throws where there is none of that name.
    _ = try read { try knownCheckpointID(of: name, $0) }
    try await write { db in
      guard let id = try db.checkpointID(of: name) else { return }
      try db.removePayloads(db.removeCheckpoint(id))
    }
  }
}

extension Database {
  /// Removes the saved checkpoints that a policy does not keep.
  ///
  /// - Parameter present: The key of one that stays whatever the policy says.
  func prune(
    keeping policy: RetentionPolicy, path: String, present: Int64? = nil
  ) throws -> [SavedCheckpoint] {
    let removed = try policy.removed(of: savedCheckpoints(path: path)).filter { $0.id != present }
    try removePayloads(removed.flatMap { try removeCheckpoint($0.id) })
    return removed
  }

  /// Removes the rows of a checkpoint.
  ///
  /// - Returns: The payloads that its variables had, for `removePayloads`.
  func removeCheckpoint(_ id: Int64) throws -> [Int64] {
    var payloads: [Int64] = []
    try statement(.payloadsOfCheckpoint).withRows([.integer(id)]) {
      payloads.append($0.integer(0))
    }
    for partial in try statement(.partials).map(.integer(id), body: { $0.integer(1) }) {
      try statement(.deletePartial).run(.integer(partial))
      payloads.append(partial)
    }
    for name in [StatementName.deleteVariables, .deleteMetrics, .deleteShares, .deleteCheckpoint] {
      try run(name, ["id": id])
    }
    return payloads
  }

  /// Takes step, metadata and metrics from a checkpoint whose values are to be others.
  func forgetTraining(of checkpoint: Int64) throws {
    try run(.forgetStep, ["id": checkpoint])
    try run(.deleteMetrics, ["id": checkpoint])
  }

  /// Removes those of the payloads that no variable has any more, and their bytes where no other
  /// payload has the same: without looking at the rest of the file.
  func removePayloads(_ payloads: [Int64]) throws {
    for payload in Set(payloads).sorted() {
      let uses = try statement(.countUsesOfPayload).first(.integer(payload)) { $0.integer(0) }
      guard uses == 0 else { continue }
      var blocks: [Int64] = []
      try statement(.blocksOfPayload).withRows([.integer(payload)]) {
        blocks.append($0.integer(0))
      }
      try run(.deleteChunksOfPayload, ["id": payload])
      try run(.deletePayload, ["id": payload])
      for block in blocks { try removeUnusedBlock(block) }
    }
  }
}
