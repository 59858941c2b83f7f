internal import GRDB
internal import StoreAccess
internal import VariableGraph

extension CheckpointStore {
  /// Removes the saved checkpoints that a policy does not keep, and the bytes that nobody else has.
  ///
  /// What becomes free in the file is used by what is written next; the file itself gets no smaller. The
  /// last checkpoint is never removed: where no rule keeps any, the one of the highest step stays.
  ///
  /// - Returns: The names of the removed checkpoints, in the order of their steps.
  /// - Throws: `CheckpointError` with the codes `unsuitableRetention`, `unknownMetric` where a rule compares
  ///   a metric that no checkpoint has, `damaged`, `busy`, `inputOutput`; nothing is removed then.
  public func prune(keeping policy: RetentionPolicy) async throws -> [String] {
    try policy.validate()
    let path = path
    return try await write { db in
      let checkpoints = try db.provenSavedCheckpoints(path: path)
      let plan = policy.plan(for: checkpoints)
      try plan.checkMetrics()
      try db.removeSaved(checkpoints, in: plan)
      return plan.removed
    }
  }

  /// What `prune` would keep and remove, and why; nothing is removed.
  ///
  /// - Throws: As `prune`.
  public func pruningPlan(keeping policy: RetentionPolicy) throws -> PruningPlan {
    try policy.validate()
    // Where nothing is decided by steps and metrics, a damaged one may be there.
    let plan = policy.plan(
      for: try policy.keepsAll ? recordedSavedCheckpoints() : savedCheckpoints())
    try plan.checkMetrics()
    return plan
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
  /// Removes the saved checkpoints that a policy does not keep, when another one was saved.
  ///
  /// - Parameter present: The key of the one that was saved, which stays whatever the policy says.
  func prune(keeping policy: RetentionPolicy, path: String, present: Int64) throws {
    guard !policy.keepsAll else { return }
    try seal()
    let checkpoints = try provenSavedCheckpoints(path: path)
    try removeSaved(checkpoints, in: policy.plan(for: checkpoints, present: present))
  }

  /// Removes those of the checkpoints that a plan removes, and their bytes.
  fileprivate func removeSaved(_ checkpoints: [SavedCheckpoint], in plan: PruningPlan) throws {
    let names = Set(plan.removed)
    let removed = checkpoints.filter { names.contains($0.name) }
    try removePayloads(removed.flatMap { try removeCheckpoint($0.id) })
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

extension PruningPlan {
  /// - Throws: `CheckpointError.Code.unknownMetric`.
  fileprivate func checkMetrics() throws {
    guard let metric = unknownMetrics.first else { return }
    let wanted = Array(metric.prefix(200))
    let known = knownMetrics.map { name in
      (name: name, distance: Spelling.editDistance(wanted, Array(name.prefix(200))))
    }
    throw CheckpointError.unknownMetric(
      metric, known: known.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.map(\.name))
  }
}
