internal import Foundation
internal import GRDB
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
    let begun = try await write { db in
      try RunBeginning(
        graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns,
        isRecipe: isRecipe, toolVersion: toolVersion, path: path
      ).run(db)
    }
    return WriteSession(
      store: self, begun: begun, graph: graph, isRecipe: isRecipe, policy: policy)
  }
}

/// The first transaction of a run.
private struct RunBeginning: Sendable {
  let graph: VariableGraph
  let checkpoint: String
  let policy: ExistingPolicy
  let patterns: [GlobPattern]
  let isRecipe: Bool
  let toolVersion: String
  let path: String

  func run(_ db: Database) throws -> BegunRun {
    let fingerprints = graph.fingerprints()
    let specFingerprint = Fingerprint.graph(variables: fingerprints, aliases: graph.aliases)
    let known = try db.row(.findCheckpoint, ["name": checkpoint])
    let stored =
      try known.map { row in
        try db.rows(.storedVariables, ["checkpoint": row["id"] as Int64]).map {
          try StoredVariable(row: $0, path: path)
        }
      } ?? []
    let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
    try refuseConflicts(byName, fingerprints)

    let checkpointID = try storeCheckpoint(known, specFingerprint, db)
    var begun = BegunRun(
      specFingerprint: specFingerprint, checkpointID: checkpointID, runID: 0, nextPayload: 0)
    let selected = Set(graph.variables(matching: patterns).map(\.name))
    for (position, variable) in graph.variables.enumerated() {
      let fingerprint = fingerprints[position].fingerprint
      let old = byName[variable.name]
      let difference = old?.difference(from: variable, in: graph, fingerprint: fingerprint)
      if let old, difference == nil {
        if old.position != position || old.metadata != variable.metadata {
          let metadata = JSONValue.object(variable.metadata).canonicalText
          try db.run(
            .updateDescription, ["position": position, "metadata": metadata, "id": old.id])
        }
      } else {
        try put(variable, position, fingerprint, checkpointID, db)
      }
      if selected.contains(variable.name) {
        begun.decisions.append(decide(variable.name, old, difference))
      } else if difference != nil, old?.digest != nil {
        begun.invalidated.append(variable.name)
      }
    }
    try storeAliases(byName, fingerprints, checkpointID, &begun, db)
    let present = Set(graph.variables.map(\.name) + graph.aliases.map(\.name))
    for old in stored where !present.contains(old.name) {
      try db.run(.deleteVariable, ["id": old.id])
      begun.removed.append(old.name)
    }
    if begun.decisions.contains(where: \.isMade) || !begun.invalidated.isEmpty
      || !begun.removed.isEmpty
    {
      try db.run(.clearContentDigest, ["id": checkpointID])
    }
    // What changed declarations left behind, and payloads that a killed run did not finish.
    try db.removeUnusedPayloads()
    begun.nextPayload = try db.row(.nextPayload).map { $0[0] as Int64 } ?? 1
    try db.run(
      .insertRun,
      ["checkpoint": checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
    begun.runID = db.lastInsertedRowID
    return begun
  }

  /// Under `verify` and `fail` a stored value whose declaration differs ends the run.
  private func refuseConflicts(
    _ stored: [String: StoredVariable], _ fingerprints: [(name: String, fingerprint: Digest)]
  ) throws {
    guard policy == .verify || policy == .fail else { return }
    var conflicts: [(name: String, reason: String)] = []
    for (variable, entry) in zip(graph.variables, fingerprints) {
      guard let old = stored[variable.name], old.digest != nil || old.aliasOf != nil else {
        continue
      }
      if let reason = old.difference(
        from: variable, in: graph, fingerprint: entry.fingerprint)
      {
        conflicts.append((variable.name, reason))
      }
    }
    guard conflicts.isEmpty else {
      throw CheckpointError.conflict(conflicts, checkpoint: checkpoint, policy: policy.rawValue)
    }
  }

  private func storeCheckpoint(_ known: Row?, _ fingerprint: Digest, _ db: Database) throws -> Int64
  {
    let arguments: StatementArguments = [
      "seed": graph.seed, "dialect": graph.dialect.name, "version": Fingerprint.version,
      "fingerprint": fingerprint.data,
    ]
    guard let known else {
      try db.run(.insertCheckpoint, arguments + ["name": checkpoint, "now": Timestamp.now()])
      return db.lastInsertedRowID
    }
    let id: Int64 = known["id"]
    try db.run(.updateCheckpoint, arguments + ["id": id])
    return id
  }

  private func put(
    _ variable: Variable, _ position: Int, _ fingerprint: Digest, _ checkpointID: Int64,
    _ db: Database, name: String? = nil, aliasOf: String? = nil
  ) throws {
    let origin =
      switch variable.initializer.seeding {
      case .none: "none"
      case .own: "own"
      case .graph: "graph"
      }
    try db.run(
      .putVariable,
      [
        "checkpoint": checkpointID, "position": position, "name": name ?? variable.name,
        "dtype": variable.scalarType.rawValue, "shape": variable.shape.json,
        "bytes": variable.byteCount,
        "initializer": variable.initializer.configuration.json.canonicalText,
        "initializerVersion": variable.initializer.version, "seedOrigin": origin,
        "graphSeed": origin == "graph" ? graph.seed : nil, "dialect": variable.dialect.name,
        "version": Fingerprint.version, "fingerprint": fingerprint.data,
        "metadata": JSONValue.object(variable.metadata).canonicalText, "aliasOf": aliasOf,
      ])
  }

  private func storeAliases(
    _ stored: [String: StoredVariable], _ fingerprints: [(name: String, fingerprint: Digest)],
    _ checkpointID: Int64, _ begun: inout BegunRun, _ db: Database
  ) throws {
    let byName = Dictionary(uniqueKeysWithValues: fingerprints)
    for (index, alias) in graph.aliases.enumerated() {
      guard let target = graph[alias.target], let fingerprint = byName[alias.target] else {
        preconditionFailure("an alias stands for a variable of its graph")
      }
      let position = graph.variables.count + index
      let old = stored[alias.name]
      if old?.aliasOf != alias.target || old?.fingerprint != fingerprint
        || old?.position != position
      {
        try put(
          target, position, fingerprint, checkpointID, db, name: alias.name,
          aliasOf: alias.target)
      }
      if patterns.contains(where: { $0.matches(alias.name) }) {
        begun.decisions.append(
          MaterializationDecision(
            name: alias.name, action: .aliased, reason: "alias of \(alias.target)"))
      }
    }
  }

  private func decide(
    _ name: String, _ old: StoredVariable?, _ difference: String?
  ) -> MaterializationDecision {
    guard let old, old.aliasOf == nil else {
      return MaterializationDecision(name: name, action: .materialized, reason: "new")
    }
    guard old.digest != nil else {
      return MaterializationDecision(
        name: name, action: .materialized, reason: "declared before, not made yet")
    }
    if let difference {
      return MaterializationDecision(
        name: name, action: .replaced, reason: "remade: \(difference)")
    }
    if policy == .replace {
      return MaterializationDecision(
        name: name, action: .replaced, reason: "remade: the policy is replace")
    }
    if old.isRecipe, !isRecipe {
      return MaterializationDecision(
        name: name, action: .materialized, reason: "only the recipe was stored")
    }
    return policy == .verify
      ? MaterializationDecision(
        name: name, action: .verified, reason: "unchanged; stored bytes have their digests")
      : MaterializationDecision(name: name, action: .skipped, reason: "unchanged")
  }
}
