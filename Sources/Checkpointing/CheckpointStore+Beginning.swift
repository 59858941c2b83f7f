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
    let stored = try known.map { try present(in: $0["id"], db) } ?? []
    let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }

    let checkpointID = try storeCheckpoint(known, specFingerprint, db)
    var begun = BegunRun(
      specFingerprint: specFingerprint, checkpointID: checkpointID, runID: 0, nextPayload: 0)
    let selected = Set(graph.variables(matching: patterns).map(\.name))
    var conflicts: [(name: String, reason: String)] = []
    var isChanged = false
    var changed: Set<String> = []
    for (position, variable) in graph.variables.enumerated() {
      let fingerprint = fingerprints[position].fingerprint
      let old = byName[variable.name]
      var difference: String?
      if let old, old.fingerprint != fingerprint || old.aliasOf != nil {
        difference = try reason(variable, fingerprint, changed, checkpointID, db)
        changed.insert(variable.name)
        if old.digest != nil || old.aliasOf != nil, policy == .verify || policy == .fail {
          conflicts.append((variable.name, difference ?? ""))
          continue
        }
      }
      if let old, difference == nil {
        let metadata = variable.metadataText
        if old.position != position || old.metadata != metadata {
          try db.run(
            .updateDescription, ["position": position, "metadata": metadata, "id": old.id])
        }
      } else {
        isChanged = true
        try put(variable, position, fingerprint, checkpointID, db)
      }
      if selected.contains(variable.name) {
        begun.decisions.append(decide(variable, old, difference))
      } else if difference != nil, old?.digest != nil {
        begun.invalidated.append(variable.name)
      }
    }
    guard conflicts.isEmpty else {
      throw CheckpointError.conflict(conflicts, checkpoint: checkpoint, policy: policy.rawValue)
    }
    try storeAliases(byName, fingerprints, checkpointID, &begun, db)
    // One that is not bound yet keeps what it had.
    for old in stored where !graph.declares(old.name) {
      try db.run(.deleteVariable, ["id": old.id])
      begun.removed.append(old.name)
    }
    isChanged = isChanged || !begun.removed.isEmpty
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
      ["checkpoint": checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
    begun.runID = db.lastInsertedRowID
    if !begun.decisions.contains(where: { $0.isMade || $0.action == .verified }) {
      begun.contentDigest = try begun.end(verified: 0, failed: 0, db)
      begun.isFinished = true
    }
    return begun
  }

  private func present(in checkpointID: Int64, _ db: Database) throws -> [PresentVariable] {
    var found: [PresentVariable] = []
    try db.statement(.presentVariables).withRows([.integer(checkpointID)]) {
      found.append(PresentVariable(row: $0))
    }
    return found
  }

  /// In words, what of a declaration differs from the stored one.
  ///
  /// - Parameter changed: The variables declared before whose fingerprint differs.
  private func reason(
    _ variable: Variable, _ fingerprint: Digest, _ changed: Set<String>, _ checkpointID: Int64,
    _ db: Database
  ) throws -> String? {
    let inputs = variable.expression?.variableNames.filter(changed.contains) ?? []
    return try db.statement(.storedVariable).first(.integer(checkpointID), .text(variable.name)) {
      try StoredVariable(row: $0, path: path)
        .difference(from: variable, in: graph, fingerprint: fingerprint, changedInputs: inputs)
    } ?? nil
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
    try db.statement(.putVariable).run(
      .integer(checkpointID), .integer(position), .text(name ?? variable.name),
      .text(variable.scalarType.rawValue), .text(variable.shape.json),
      .integer(variable.byteCount),
      .text(variable.initializer.configuration.canonicalText),
      .integer(variable.initializer.version), .text(origin),
      origin == "graph" ? .integer(graph.seed) : .null, .text(variable.dialect.name),
      .integer(Fingerprint.version), .bytes(fingerprint.bytes), .text(variable.metadataText),
      .optional(aliasOf))
  }

  private func storeAliases(
    _ stored: [String: PresentVariable], _ fingerprints: [(name: String, fingerprint: Digest)],
    _ checkpointID: Int64, _ begun: inout BegunRun, _ db: Database
  ) throws {
    let byName = Dictionary(uniqueKeysWithValues: graph.aliases.isEmpty ? [] : fingerprints)
    let selection = NameSelection(patterns)
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
      if selection.contains(alias.name) {
        begun.decisions.append(
          MaterializationDecision(
            name: alias.name, action: .aliased, reason: "alias of \(alias.target)",
            byteCount: target.byteCount, digest: stored[alias.target]?.digest, target: alias.target)
        )
      }
    }
  }

  private func decide(
    _ variable: Variable, _ old: PresentVariable?, _ difference: String?
  ) -> MaterializationDecision {
    func decision(
      _ action: MaterializationAction, _ reason: String, digest: Digest? = nil
    ) -> MaterializationDecision {
      MaterializationDecision(
        name: variable.name, action: action, reason: reason, byteCount: variable.byteCount,
        digest: digest)
    }
    guard let old, old.aliasOf == nil else { return decision(.materialized, "new") }
    guard let digest = old.digest else {
      return decision(.materialized, "declared before, not made yet")
    }
    if let difference { return decision(.replaced, "remade: \(difference)") }
    if policy == .replace { return decision(.replaced, "remade: the policy is replace") }
    if old.isRecipe, !isRecipe { return decision(.materialized, "only the recipe was stored") }
    return policy == .verify
      ? decision(.verified, "unchanged; stored bytes have their digests", digest: digest)
      : decision(.skipped, "unchanged", digest: digest)
  }
}

extension Variable {
  /// The metadata as canonical JSON.
  fileprivate var metadataText: String {
    metadata.isEmpty ? "{}" : JSONValue.object(metadata).canonicalText
  }
}
