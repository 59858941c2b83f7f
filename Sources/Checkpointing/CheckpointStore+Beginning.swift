internal import Foundation
internal import GRDB
internal import StoreAccess
internal import Tensors
public import VariableGraph

extension CheckpointStore {
  /// Begins a run: stores the declarations of a graph, and decides what must be made.
  ///
  /// - Parameter patterns: Which variables are to have a value; the others are declared only.
  /// - Parameter isRecipe: Stores digests without bytes.
  /// - Throws: `CheckpointError` with the codes `conflict` (under `verify` and `fail`; nothing is
  ///   changed then), `busy`, `inputOutput`.
  public func begin(
    _ graph: VariableGraph, checkpoint: String = "initial", policy: ExistingPolicy = .skip,
    selecting patterns: [GlobPattern] = ["*"], isRecipe: Bool = false, toolVersion: String
  ) async throws -> WriteSession {
    let path = path
    let request = RunRequest(
      graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns, isRecipe: isRecipe)
    let begun = try await write { db in
      try RunBeginning(request: request, toolVersion: toolVersion, path: path).run(db)
    }
    return WriteSession(
      store: self, begun: begun, graph: graph, isRecipe: isRecipe, policy: policy)
  }
}

/// The first transaction of a run.
private struct RunBeginning: Sendable {
  let request: RunRequest
  let toolVersion: String
  let path: String

  private var graph: VariableGraph { request.graph }

  func run(_ db: Database) throws -> BegunRun {
    let known = try db.row(.findCheckpoint, ["name": request.checkpoint])
    let decided = try RunDecisions(request, checkpointID: known?["id"], in: db, path: path)
    guard decided.conflicts.isEmpty else {
      throw CheckpointError.conflict(
        decided.conflicts, checkpoint: request.checkpoint, policy: request.policy.rawValue)
    }
    let checkpointID = try storeCheckpoint(known, decided.specFingerprint, db)
    var begun = BegunRun(
      specFingerprint: decided.specFingerprint, checkpointID: checkpointID, runID: 0,
      nextPayload: 0, decisions: decided.decisions, removed: decided.removed.map(\.name),
      invalidated: decided.invalidated)
    for (position, declaration) in decided.declarations.enumerated() {
      try storeVariable(position, declaration, checkpointID, db)
    }
    try storeAliases(decided, checkpointID, db)
    for old in decided.removed { try db.run(.deleteVariable, ["id": old.id]) }
    let isChanged =
      !decided.removed.isEmpty || decided.declarations.contains(where: \.isChanged)
    if isChanged || begun.decisions.contains(where: \.isMade) {
      try db.run(.clearContentDigest, ["id": checkpointID])
    } else {
      begun.contentDigest = (known?["content_digest"] as Data?).flatMap { Digest(bytes: $0) }
    }
    // What changed declarations left behind, and payloads that a killed run did not finish.
    let unfinished = try db.row(.countUnfinishedPayloads).map { $0[0] as Int } ?? 0
    if isChanged || unfinished > 0 { try db.removeUnusedPayloads() }
    begun.nextPayload = try db.row(.nextPayload).map { $0[0] as Int64 } ?? 1
    try db.run(
      .insertRun,
      ["checkpoint": request.checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
    begun.runID = db.lastInsertedRowID
    if !begun.decisions.contains(where: { $0.isMade || $0.action == .verified }) {
      begun.contentDigest = try begun.end(verified: 0, failed: 0, db)
      begun.isFinished = true
    }
    return begun
  }

  private func storeCheckpoint(_ known: Row?, _ fingerprint: Digest, _ db: Database) throws -> Int64
  {
    let arguments: StatementArguments = [
      "seed": graph.seed, "dialect": graph.dialect.name, "version": Fingerprint.version,
      "fingerprint": fingerprint.data,
    ]
    guard let known else {
      try db.run(
        .insertCheckpoint, arguments + ["name": request.checkpoint, "now": Timestamp.now()])
      return db.lastInsertedRowID
    }
    let id: Int64 = known["id"]
    try db.run(.updateCheckpoint, arguments + ["id": id])
    return id
  }

  private func storeVariable(
    _ position: Int, _ declaration: RunDecisions.Declaration, _ checkpointID: Int64, _ db: Database
  ) throws {
    let variable = graph.variables[position]
    guard let old = declaration.stored, !declaration.isChanged else {
      return try put(variable, position, declaration, checkpointID, db)
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
        try put(
          graph.variables[place], position, target, checkpointID, db, name: alias.name,
          aliasOf: alias.target)
      }
    }
  }

  private func put(
    _ variable: Variable, _ position: Int, _ declaration: RunDecisions.Declaration,
    _ checkpointID: Int64, _ db: Database, name: String? = nil, aliasOf: String? = nil
  ) throws {
    let origin = variable.initializer.seeding.origin
    try db.statement(.putVariable).run(
      .integer(checkpointID), .integer(position), .text(name ?? variable.name),
      .text(variable.scalarType.rawValue), .text(variable.shape.json),
      .integer(variable.byteCount),
      .text(variable.initializer.configuration.canonicalText),
      .integer(variable.initializer.version), .text(origin),
      origin == "graph" ? .integer(graph.seed) : .null, .text(variable.dialect.name),
      .integer(Fingerprint.version), .bytes(declaration.fingerprint.bytes),
      .text(variable.metadataText), .optional(aliasOf))
  }
}

extension Seeding {
  /// As the store's column `seed_origin` has it.
  var origin: String {
    switch self {
    case .none: "none"
    case .own: "own"
    case .graph: "graph"
    }
  }
}

extension Variable {
  /// The metadata as canonical JSON.
  fileprivate var metadataText: String {
    metadata.isEmpty ? "{}" : JSONValue.object(metadata).canonicalText
  }
}
