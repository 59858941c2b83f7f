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
  /// - Parameter patterns: Which variables are to have a value. Of the others, those that are not stored are
  ///   declared, and those that are stay as they are.
  /// - Parameter share: Which share of the graph is to have values; `nil` for all of it.
  /// - Parameter isRecipe: Stores digests without bytes.
  /// - Parameter isImport: Brings values of model files into the checkpoint, beside those that it has: what
  ///   the graph does not have stays, and what has a value of other bytes is refused, however it was made.
  /// - Parameter toolVersion: What the view `runs` shows as the tool.
  /// - Throws: `CheckpointError` with the codes `conflict` where the policy forbids what the graph asks for,
  ///   or a value would be lost that nothing can make again (nothing is changed then); `damaged`,
  ///   `severalNames`, `busy`, `inputOutput`.
  public func begin(
    _ graph: VariableGraph, checkpoint: String = "initial", policy: ExistingPolicy = .skip,
    selecting patterns: [GlobPattern] = ["*"], share: Share? = nil, isRecipe: Bool = false,
    asImport isImport: Bool = false, toolVersion: String
  ) async throws -> WriteSession {
    let path = path
    // A name may have been added since the store was opened.
    try Self.checkNames(path)
    let request = RunRequest(
      graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns, isRecipe: isRecipe,
      share: share, isImport: isImport)
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
///
/// Where the run takes values away that nothing can make again, it changes nothing but the log of runs, and the
/// last transaction, which gives the new values, does the rest: a run that fails between has taken nothing.
struct RunBeginning: Sendable {
  let request: RunRequest
  let toolVersion: String
  let path: String
  let presence: WriterPresence

  private var graph: VariableGraph { request.graph }

  func run(_ db: Database) throws -> BegunRun {
    let (decided, damaged, known) = try decide(db)
    let isPutOff =
      decided.losesIrreplaceable && request.share == nil && !decided.parts.isEmpty && known != nil
    var begun = BegunRun(
      specFingerprint: decided.rows.specFingerprint, checkpointID: known ?? 0, runID: 0,
      nextPayload: 0, decisions: decided.decisions, parts: decided.parts,
      removed: decided.rows.removed.map(\.name), invalidated: decided.invalidated,
      kept: decided.kept)
    // Payloads that a killed run did not finish; those of a run that goes on beside this one are its own.
    let mayBeLeft = try db.number(.countUnfinishedPayloads) > 0 && presence.isAlone()
    if isPutOff {
      if mayBeLeft { try db.removeUnusedPayloads(unfinished: true) }
      begun.putOff = self
    } else {
      begun.contentDigest = try apply(decided, damaged, &begun.checkpointID, known, db)
      if mayBeLeft { try db.removeUnusedPayloads(unfinished: true) }
    }
    // Chunks of payloads whose rows are gone stand where the next payloads' are to be.
    try db.run(.deleteOrphanedChunks)
    begun.nextPayload = try db.number(.nextPayload)
    try db.run(
      .insertRun,
      ["checkpoint": request.checkpoint, "now": Timestamp.now(), "toolVersion": toolVersion])
    begun.runID = db.lastInsertedRowID
    begun.dataVersion = try db.number(.dataVersion)
    note(decided, in: &begun)
    if !begun.decisions.contains(where: { $0.isMade || $0.action == .verified }) {
      begun.contentDigest = try begun.end(verified: 0, failed: 0, of: graph, db, path: path)
      begun.isFinished = true
    }
    return begun
  }

  /// Does what the first transaction has put off.
  ///
  /// - Throws: `CheckpointError.Code.busy` where another run has changed meanwhile what there is to do.
  func finish(_ begun: BegunRun, _ db: Database) throws {
    let (decided, damaged, known) = try decide(db)
    guard let known, known == begun.checkpointID, decided.decisions == begun.decisions,
      decided.rows.specFingerprint == begun.specFingerprint,
      decided.rows.removed.map({ NameKey($0.name) }) == begun.removed.map({ NameKey($0) })
    else {
      throw CheckpointError.declaredAnew(begun.decisions.filter(\.isMade).map(\.name))
    }
    var checkpointID = known
    _ = try apply(decided, damaged, &checkpointID, known, db)
  }

  /// Decides what there is to do, and throws where it may not be done.
  private func decide(
    _ db: Database
  ) throws -> (RunDecisions, damaged: [RunRequest.DamagedRow], checkpoint: Int64?) {
    let known = try db.presentCheckpoint(named: request.checkpoint, path: path)
    let damaged = try known.map { try request.damagedRows(of: $0, db) } ?? []
    var decided = try RunDecisions(
      request, checkpointID: known, in: db, path: path, ignoring: damaged)
    if let error = CheckpointError.conflict(decided.rows, of: request) { throw error }
    // Nobody knows what a damaged row stood for.
    if !damaged.isEmpty { decided.losesIrreplaceable = true }
    return (decided, damaged, known)
  }

  /// Stores the declarations, and takes away what is replaced and removed.
  ///
  /// - Returns: The content digest, where nothing changes and there is one.
  private func apply(
    _ decided: RunDecisions, _ damaged: [RunRequest.DamagedRow], _ checkpointID: inout Int64,
    _ known: Int64?,
    _ db: Database
  ) throws -> Digest? {
    let rows = decided.rows
    if let known, try !db.isCheckpointProven(known, named: request.checkpoint) {
      try db.forgetTraining(of: known)
      try db.run(.renewCheckpoint, ["id": known, "now": Timestamp.now()])
    }
    for row in damaged { try db.run(.deleteVariable, ["id": row.id]) }
    checkpointID = try storeCheckpoint(known, rows.specFingerprint, db)
    if decided.losesAssigned { try db.forgetTraining(of: checkpointID) }
    for (place, declaration) in rows.declarations.enumerated()
    where declaration.outcome == .declared {
      try storeVariable(place, declaration, checkpointID, db)
    }
    for alias in rows.aliases where alias.outcome == .declared {
      try storeAlias(alias, rows.declarations[alias.target], checkpointID, db)
    }
    for row in rows.kept { try storeKept(row, rows, checkpointID, db) }
    for old in rows.removed { try db.run(.deleteVariable, ["id": old.id]) }
    try removeOutdatedPartials(decided, db)
    if let share = request.share {
      try db.statement(.insertShare).run(
        .integer(checkpointID), .integer(share.count), .integer(share.index))
      try db.run(.unsealCheckpoint, ["id": checkpointID])
    }
    let isChanged =
      !rows.removed.isEmpty || !damaged.isEmpty || rows.declarations.contains(where: \.isChanged)
      || rows.kept.contains(where: \.isChanged)
    guard !isChanged, !decided.decisions.contains(where: \.isMade) else {
      try db.run(.clearContentDigest, ["id": checkpointID])
      // What changed declarations left behind.
      if isChanged { try db.removeUnusedPayloads() }
      return nil
    }
    return try db.statement(.findCheckpoint).first(.text(request.checkpoint)) {
      Digest(bytes: $0.bytes(1))
    } ?? nil
  }

  /// Notes what the values that are to be made must be, and come in place of.
  private func note(_ decided: RunDecisions, in begun: inout BegunRun) {
    let isMade = NameSet(names: begun.decisions.lazy.filter(\.isMade).map(\.name))
    for (variable, declaration) in zip(graph.variables, decided.rows.declarations)
    where isMade.contains(variable.name) {
      begun.fingerprints[variable.name] = declaration.fingerprint
      begun.declaredDigests[variable.name] = variable.initializer.declaredDigest
      guard !declaration.isChanged else { continue }
      if request.policy != .replace {
        begun.recorded[variable.name] = declaration.stored?.recipeDigest
      }
      if let partial = declaration.stored?.partial {
        begun.partials[variable.name] = partial.payload
      }
    }
  }

  /// Removes what there is of values that are declared anew, removed, or to be made again.
  private func removeOutdatedPartials(_ decided: RunDecisions, _ db: Database) throws {
    let rows = decided.rows
    let changed =
      rows.declarations.filter(\.isChanged).compactMap(\.stored)
      + rows.aliases.filter { $0.outcome == .declared }.compactMap(\.stored)
      + rows.kept.filter(\.isChanged).map(\.stored)
    for partial in (rows.removed + changed).compactMap(\.partial) {
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
    var (seed, dialect) = (graph.seed, graph.dialect.name)
    // What is imported draws nothing: the checkpoint is still that of its own graph.
    if request.isImport, let known,
      let head = try StoredRows(of: known, in: db, path: path).head()
    {
      (seed, dialect) = head
    }
    let arguments: StatementArguments = [
      "seed": seed, "dialect": dialect, "version": Fingerprint.version,
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
    _ place: Int, _ declaration: RowDecisions.Declaration, _ checkpointID: Int64, _ db: Database
  ) throws {
    let variable = graph.variables[place]
    guard let old = declaration.stored, !declaration.isChanged else {
      var row = DeclaredRow(
        variable: variable, position: declaration.position, fingerprint: declaration.fingerprint)
      if request.isImport, let old = declaration.stored {
        // It is still the variable of its own graph, of which the file knows nothing.
        row.metadata = variable.metadataText(addedTo: old.metadata)
      }
      return try db.put(row, of: graph, in: checkpointID)
    }
    let metadata =
      declaration.isSelected && !request.isImport ? variable.metadataText : old.metadata
    try describe(old, position: declaration.position, metadata: metadata, db)
  }

  private func storeAlias(
    _ alias: RowDecisions.Alias, _ target: RowDecisions.Declaration, _ checkpointID: Int64,
    _ db: Database
  ) throws {
    let variable = graph.variables[alias.target]
    let old = alias.stored
    guard
      old?.isAlias(of: variable.name) != true || old?.fingerprint != target.fingerprint
        || old?.position != alias.position
    else { return }
    let row = DeclaredRow(
      variable: variable, position: alias.position, fingerprint: target.fingerprint,
      alias: alias.name)
    try db.put(row, of: graph, in: checkpointID)
  }

  private func storeKept(
    _ row: RowDecisions.KeptRow, _ rows: RowDecisions, _ checkpointID: Int64, _ db: Database
  ) throws {
    switch row.change {
    case .none: break
    case .inputs(let fingerprint):
      try db.statement(.redeclareVariable).run(
        .integer(row.stored.id), .bytes(fingerprint.bytes))
    case .target(let place):
      let alias = DeclaredRow(
        variable: graph.variables[place], position: row.position,
        fingerprint: rows.declarations[place].fingerprint, alias: row.stored.name)
      return try db.put(alias, of: graph, in: checkpointID)
    }
    try describe(row.stored, position: row.position, metadata: row.stored.metadata, db)
  }

  private func describe(
    _ old: PresentVariable, position: Int, metadata: String, _ db: Database
  ) throws {
    if old.position != position || old.metadata != metadata {
      try db.run(.updateDescription, ["position": position, "metadata": metadata, "id": old.id])
    }
  }
}

extension RunRequest {
  typealias DamagedRow = (id: Int64, name: String)

  /// The rows that are not what was written: under `replace` those that are selected are made again, and others
  /// are refused.
  func damagedRows(of checkpointID: Int64, _ db: Database) throws -> [DamagedRow] {
    guard policy == .replace else {
      try db.checkRows(of: checkpointID, named: checkpoint)
      return []
    }
    let damaged = try db.statement(.unprovenVariables).map(.integer(checkpointID)) {
      DamagedRow(id: $0.integer(0), name: $0.text(1))
    }
    guard isImport || !patterns.contains("*") else { return damaged }
    guard try db.isCheckpointProven(checkpointID, named: checkpoint),
      try !damaged.isEmpty || db.hasAllRows(checkpointID)
    else {
      // What is not selected stays, and nobody knows whether it is what was written.
      try db.checkRows(of: checkpointID, named: checkpoint)
      return damaged
    }
    let isSelected = NameSet(
      names: isImport
        ? graph.variables.map(\.name) + graph.aliases.map(\.name)
        : graph.variables(matching: patterns).map(\.name))
    let selection = NameSelection(isImport ? [] : patterns)
    for row in damaged where !isSelected.contains(row.name) && !selection.contains(row.name) {
      throw CheckpointError.damagedRow(row.name, checkpoint: checkpoint)
    }
    return damaged
  }
}

extension Variable {
  /// The metadata that a row has, and the variable's own, as canonical JSON. Its place in PyTorch's stream is
  /// none of a value that is not drawn.
  fileprivate func metadataText(addedTo stored: String) -> String {
    guard case .object(var members)? = try? JSONValue(parsing: Data(stored.utf8)) else {
      return metadataText
    }
    members[StreamPlace.metadataKey] = nil
    members.merge(metadata) { _, new in new }
    return members.isEmpty ? "{}" : JSONValue.object(members).canonicalText
  }
}
