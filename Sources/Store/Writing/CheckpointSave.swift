package import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors
package import VariableGraph

/// The value of one variable on its way into a saved checkpoint.
package enum SavedValue: Sendable {
  /// Bytes in memory, hashed: all chunks in order.
  case filled([FilledChunk], FilledVariable, isAssigned: Bool)
  /// The value that the variable has in another checkpoint of the same store.
  case stored(checkpoint: String)
}

/// A checkpoint that is written in one transaction: it is there whole or not at all.
package struct CheckpointSave: Sendable {
  private let request: SaveRequest
  private let graph: VariableGraph
  private let values: [SavedValue]

  /// What is to be saved.
  ///
  /// - Parameter values: One for each variable of the graph, in order.
  package init(_ request: SaveRequest, graph: VariableGraph, values: [SavedValue]) {
    precondition(values.count == graph.variables.count, "a value for each variable")
    self.request = request
    self.graph = graph
    self.values = values
  }

  /// Small tensors are stored together, up to this many bytes.
  private static let batchByteCount = 4 << 20

  /// Writes everything.
  ///
  /// - Returns: The checkpoint as it is in the store.
  func write(_ db: Database, path: String) throws -> SavedCheckpoint {
    // What is shared may belong to the checkpoint that is replaced, whose payloads are removed last.
    let shared = try sharedPayloads(db)
    var outdated: [Int64] = []
    if let existing = try db.checkpointID(of: request.name) {
      guard request.replacesExisting else {
        throw CheckpointError.checkpointExists(request.name)
      }
      outdated = try db.removeCheckpoint(existing)
    }
    let id = try declare(db)
    try writeValues(id, shared, db)
    for (name, value) in request.metrics.sorted(by: { $0.key < $1.key }) {
      try db.run(
        .insertMetric, ["id": id, "name": name, "value": value.isNaN ? nil : value])
    }
    let digest = try db.contentDigest(of: id)
    try db.run(.setContentDigest, ["digest": digest?.data, "id": id])
    try db.removePayloads(outdated)
    try db.prune(keeping: request.retention, path: path, present: id)
    guard let saved = try db.savedCheckpoints(path: path).first(where: { $0.id == id }) else {
      preconditionFailure("a checkpoint that was just written is there")
    }
    return saved
  }

  private func declare(_ db: Database) throws -> Int64 {
    let fingerprints = graph.fingerprints()
    let specFingerprint = Fingerprint.graph(variables: fingerprints, aliases: graph.aliases)
    try db.run(
      .insertSavedCheckpoint,
      [
        "name": request.name, "step": request.step, "seed": graph.seed,
        "dialect": graph.dialect.name, "version": Fingerprint.version,
        "fingerprint": specFingerprint.data, "metadata": request.metadata,
        "now": Timestamp.now(),
      ])
    let id = db.lastInsertedRowID
    for (position, variable) in graph.variables.enumerated() {
      let row = DeclaredRow(
        variable: variable, position: position, fingerprint: fingerprints[position].fingerprint)
      try db.put(row, of: graph, in: id)
    }
    let byName = NameTable(
      byName: graph.aliases.isEmpty ? [] : fingerprints.map { ($0.name, $0.fingerprint) })
    for (index, alias) in graph.aliases.enumerated() {
      guard let target = graph[alias.target], let fingerprint = byName[alias.target] else {
        preconditionFailure("an alias stands for a variable of its graph")
      }
      let row = DeclaredRow(
        variable: target, position: graph.variables.count + index, fingerprint: fingerprint,
        alias: alias.name)
      try db.put(row, of: graph, in: id)
    }
    return id
  }

  /// Gives every variable its payload: one that is there already, or a new one.
  private func writeValues(
    _ id: Int64, _ shared: NameTable<StoredValue>, _ db: Database
  ) throws {
    let assigned = values.compactMap { value -> String? in
      if case .filled(_, let variable, isAssigned: true) = value { return variable.name }
      return nil
    }
    var writer = ValueWriter(
      checkpointID: id, isRecipe: false, firstTrustedPayload: 0,
      variables: graph.variables.map { ValueSpec($0) },
      assigned: NameSet(names: assigned))
    var batch = FilledUnit(chunks: [], finished: [])
    for (variable, value) in zip(graph.variables, values) {
      switch value {
      case .stored:
        guard let value = shared[variable.name] else {
          preconditionFailure("a value that is stored was looked up")
        }
        try db.statement(.attachPayload).run(
          .integer(value.payload), .integer(id), .text(variable.name), .integer(value.isAssigned),
          .optional(value.verdict), .optional(value.deviation))
      case .filled(let chunks, let filled, _):
        if try writer.attachEqual(filled, chunks, db) { continue }
        if chunks.count > 1 {
          for (place, chunk) in chunks.enumerated() {
            let isLast = place == chunks.count - 1
            try writer.write(
              FilledUnit(chunks: [chunk], finished: isLast ? [filled] : []), db)
          }
        } else {
          batch.chunks += chunks
          batch.finished.append(filled)
          if batch.byteCount >= Self.batchByteCount {
            try writer.write(batch, db)
            batch = FilledUnit(chunks: [], finished: [])
          }
        }
      }
    }
    try writer.write(batch, db)
  }

  /// A value in another checkpoint; `isAssigned`, `verdict` and `deviation` as their columns have them.
  private typealias StoredValue = (
    payload: Int64, isAssigned: Int64, verdict: String?, deviation: String?
  )

  private func sharedPayloads(_ db: Database) throws -> NameTable<StoredValue> {
    var shared: NameTable<StoredValue> = [:]
    for (variable, value) in zip(graph.variables, values) {
      guard case .stored(let checkpoint) = value else { continue }
      let source = try db.checkpointID(of: checkpoint) ?? 0
      shared[variable.name] = try db.statement(.attachedPayload).first(
        .integer(source), .text(variable.name)
      ) { row in
        guard row.integer(4) != 0 else {
          throw CheckpointError.damagedRow(variable.name, checkpoint: checkpoint)
        }
        return (row.integer(0), row.integer(1), row.optionalText(2), row.optionalText(3))
      }
      guard shared[variable.name] != nil else {
        throw CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
      }
    }
    return shared
  }
}

extension CheckpointStore {
  /// Writes a checkpoint in one transaction.
  ///
  /// - Throws: `CheckpointError` with the codes `checkpointExists`, `busy`, `inputOutput`; the store is
  ///   then as it was.
  package func write(_ save: CheckpointSave) async throws -> SavedCheckpoint {
    let path = path
    return try await write { db in try save.write(db, path: path) }
  }
}
