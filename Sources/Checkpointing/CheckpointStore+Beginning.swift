internal import Foundation
internal import GRDB
internal import StoreAccess
internal import Tensors
public import VariableGraph

extension CheckpointStore {
  /// Begins a run: stores the declarations of a graph, and decides what must be made.
  ///
  /// - Parameter graph: The declarations to store, in place of those that the checkpoint has.
  /// - Parameter checkpoint: The checkpoint's name; it is made where it is not there.
  /// - Parameter policy: What to do with values that the checkpoint has already.
  /// - Parameter patterns: Which variables are to have a value; the others are declared only.
  /// - Parameter share: Which share of the graph is to have values; `nil` for all of it.
  /// - Parameter isRecipe: Stores digests without bytes.
  /// - Parameter toolVersion: What the view `runs` shows as the tool.
  /// - Throws: `CheckpointError` with the codes `conflict` (under `verify` and `fail`; nothing is
  ///   changed then), `severalNames`, `busy`, `inputOutput`.
  public func begin(
    _ graph: VariableGraph, checkpoint: String = "initial", policy: ExistingPolicy = .skip,
    selecting patterns: [GlobPattern] = ["*"], share: Share? = nil, isRecipe: Bool = false,
    toolVersion: String
  ) async throws -> WriteSession {
    let path = path
    // A name may have been added since the store was opened.
    try Self.checkNames(path)
    let request = RunRequest(
      graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns, isRecipe: isRecipe,
      share: share)
    let presence = WriterPresence(beside: path)
    let begun = try await write { db in
      try RunBeginning(
        request: request, toolVersion: toolVersion, path: path, presence: presence
      ).run(db)
    }
    return WriteSession(
      store: self, begun: begun, graph: graph, isRecipe: isRecipe, policy: policy,
      presence: presence)
  }
}

/// The first transaction of a run.
private struct RunBeginning: Sendable {
  let request: RunRequest
  let toolVersion: String
  let path: String
  let presence: WriterPresence

  private var graph: VariableGraph { request.graph }

  func run(_ db: Database) throws -> BegunRun {
    let known = try db.checkpointID(of: request.checkpoint)
    if let known { try prove(known, db) }
    let decided = try RunDecisions(request, checkpointID: known, in: db, path: path)
    guard decided.lostAssignments.isEmpty else {
      throw CheckpointError.assignedConflict(
        decided.lostAssignments, checkpoint: request.checkpoint, policy: request.policy.rawValue)
    }
    guard decided.conflicts.isEmpty else {
      throw CheckpointError.conflict(
        decided.conflicts, checkpoint: request.checkpoint, policy: request.policy.rawValue)
    }
    let checkpointID = try storeCheckpoint(known, decided.specFingerprint, db)
    var begun = BegunRun(
      specFingerprint: decided.specFingerprint, checkpointID: checkpointID, runID: 0,
      nextPayload: 0, decisions: decided.decisions, parts: decided.parts,
      removed: decided.removed.map(\.name),
      invalidated: decided.invalidated)
    if request.policy == .replace, decided.losesAssigned { try db.forgetTraining(of: checkpointID) }
    for (position, declaration) in decided.declarations.enumerated() {
      try storeVariable(position, declaration, checkpointID, db)
    }
    try storeAliases(decided, checkpointID, db)
    for old in decided.removed { try db.run(.deleteVariable, ["id": old.id]) }
    try removeOutdatedPartials(decided, db)
    if let share = request.share {
      try db.statement(.insertShare).run(
        .integer(checkpointID), .integer(share.count), .integer(share.index))
    }
    let isChanged =
      !decided.removed.isEmpty || decided.declarations.contains(where: \.isChanged)
    if isChanged || begun.decisions.contains(where: \.isMade) {
      try db.run(.clearContentDigest, ["id": checkpointID])
    } else {
      begun.contentDigest =
        try db.statement(.findCheckpoint).first(.text(request.checkpoint)) {
          Digest(bytes: $0.bytes(1))
        } ?? nil
    }
    // What changed declarations left behind, and payloads that a killed run did not finish; those of a
    // run that goes on beside this one are its own.
    let mayBeLeft = try db.number(.countUnfinishedPayloads) > 0 && presence.isAlone()
    if isChanged || mayBeLeft { try db.removeUnusedPayloads(unfinished: mayBeLeft) }
    // Chunks of payloads whose rows are gone stand where the next payloads' are to be.
    try db.run(.deleteOrphanedChunks)
    begun.nextPayload = try db.number(.nextPayload)
    try db.run(
      .insertRun,
      ["checkpoint": request.checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
    begun.runID = db.lastInsertedRowID
    begun.dataVersion = try db.number(.dataVersion)
    let isMade = Set(begun.decisions.lazy.filter(\.isMade).map(\.name))
    for (variable, declaration) in zip(graph.variables, decided.declarations)
    where isMade.contains(variable.name) {
      begun.fingerprints[variable.name] = declaration.fingerprint
      if request.policy != .replace, !declaration.isChanged {
        begun.recorded[variable.name] = declaration.stored?.recipeDigest
      }
      if !declaration.isChanged, let partial = declaration.stored?.partial {
        begun.partials[variable.name] = partial.payload
      }
    }
    if !begun.decisions.contains(where: { $0.isMade || $0.action == .verified }) {
      begun.contentDigest = try begun.end(verified: 0, failed: 0, of: graph, db, path: path)
      begun.isFinished = true
    }
    return begun
  }

  /// Refuses a checkpoint with rows that are not what was written; under `replace` they are made again.
  private func prove(_ checkpoint: Int64, _ db: Database) throws {
    guard request.policy == .replace else {
      return try db.checkRows(of: checkpoint, named: request.checkpoint)
    }
    try db.statement(.deleteUnprovenVariables).run(.integer(checkpoint))
    if try !db.isCheckpointProven(checkpoint, named: request.checkpoint) {
      try db.forgetTraining(of: checkpoint)
    }
  }

  /// Removes what there is of values that are declared anew, removed, or to be made again.
  private func removeOutdatedPartials(_ decided: RunDecisions, _ db: Database) throws {
    let changed = decided.declarations.filter(\.isChanged).compactMap(\.stored)
    for partial in (decided.removed + changed).compactMap(\.partial) {
      try db.removePartial(payload: partial.payload)
    }
    for part in decided.outdatedParts {
      if let chunks = part.chunks {
        try db.removeChunks(chunks, of: part.payload)
      } else {
        try db.removePartial(payload: part.payload)
      }
    }
  }

  private func storeCheckpoint(_ known: Int64?, _ fingerprint: Digest, _ db: Database) throws
    -> Int64
  {
    let arguments: StatementArguments = [
      "seed": graph.seed, "dialect": graph.dialect.name, "version": Fingerprint.version,
      "fingerprint": fingerprint.data,
    ]
    guard let id = known else {
      try db.run(
        .insertCheckpoint, arguments + ["name": request.checkpoint, "now": Timestamp.now()])
      return db.lastInsertedRowID
    }
    try db.run(.updateCheckpoint, arguments + ["id": id])
    return id
  }

  private func storeVariable(
    _ position: Int, _ declaration: RunDecisions.Declaration, _ checkpointID: Int64, _ db: Database
  ) throws {
    let variable = graph.variables[position]
    guard let old = declaration.stored, !declaration.isChanged else {
      let row = DeclaredRow(
        variable: variable, position: position, fingerprint: declaration.fingerprint)
      return try db.put(row, of: graph, in: checkpointID)
    }
    let metadata = variable.metadataText
    if old.position != position || old.metadata != metadata {
      try db.run(.updateDescription, ["position": position, "metadata": metadata, "id": old.id])
    }
  }

  private func storeAliases(
    _ decided: RunDecisions, _ checkpointID: Int64, _ db: Database
  ) throws {
    guard !graph.aliases.isEmpty else { return }
    let places = Dictionary(
      uniqueKeysWithValues: graph.variables.enumerated().map { ($1.name, $0) })
    for (index, alias) in graph.aliases.enumerated() {
      guard let place = places[alias.target] else {
        preconditionFailure("an alias stands for a variable of its graph")
      }
      let position = graph.variables.count + index
      let target = decided.declarations[place]
      let old = decided.aliases[index]
      if old?.aliasOf != alias.target || old?.fingerprint != target.fingerprint
        || old?.position != position
      {
        let row = DeclaredRow(
          variable: graph.variables[place], position: position, fingerprint: target.fingerprint,
          alias: alias.name)
        try db.put(row, of: graph, in: checkpointID)
      }
    }
  }
}
