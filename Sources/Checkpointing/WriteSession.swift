internal import Foundation
internal import GRDB
internal import Synchronization
internal import TensorMemory
public import Tensors
internal import VariableGraph

/// One run that writes a checkpoint: declarations first, then values as they come.
///
/// 1. *begun*: in one transaction the declarations are stored, and it is decided what must be made.
/// 2. `write` adds chunks; each call is a transaction, in which a variable gets its value whole.
/// 3. *finished*: the content digest and the run's counts are stored.
///
/// A run that is killed leaves the variables that were finished; the next run makes the others.
///
/// A class, because it carries what was written so far from call to call.
public final class WriteSession: Sendable {
  /// What is to be done with each selected variable and alias, in the order of declaration.
  public let decisions: [MaterializationDecision]
  /// Variables of the store that the graph does not have any more; their rows were removed.
  public let removed: [String]
  /// Variables that were not selected and lost their value, because their declaration changed.
  public let invalidated: [String]

  /// The fingerprint of all declarations.
  public let specFingerprint: Digest

  private let store: CheckpointStore
  private let checkpointID: Int64
  private let runID: Int64
  private let isRecipe: Bool
  /// Payloads from this one on were written by this run; `replace` trusts no others.
  private let firstTrustedPayload: Int64
  private let types: [String: (ScalarType, byteCount: Int)]
  private let open = Mutex<[String: Int64]>([:])

  init(
    store: CheckpointStore, begun: BegunRun, graph: VariableGraph, isRecipe: Bool,
    policy: ExistingPolicy
  ) {
    self.store = store
    self.isRecipe = isRecipe
    decisions = begun.decisions
    removed = begun.removed
    invalidated = begun.invalidated
    specFingerprint = begun.specFingerprint
    checkpointID = begun.checkpointID
    runID = begun.runID
    firstTrustedPayload = policy == .replace ? begun.nextPayload : 0
    types = Dictionary(
      uniqueKeysWithValues: graph.variables.map { ($0.name, ($0.scalarType, $0.byteCount)) })
  }

  /// Stores chunks, and the variables that they finish, in one transaction.
  ///
  /// Chunks of a variable come in order. Bytes that the store has already are stored once.
  ///
  /// - Throws: `CheckpointError` with the codes `busy`, `inputOutput`.
  public func write(_ units: [FilledUnit]) async throws {
    try await store.write { [self] db in
      for unit in units {
        let places = try place(unit.chunks, db)
        for (chunk, place) in zip(unit.chunks, places) {
          try db.run(
            .insertChunk,
            [
              "payload": try payload(of: chunk.variable, db), "number": chunk.number,
              "bytes": chunk.range.count, "sha256": chunk.digest.data, "block": place?.block,
              "offset": place?.offset,
            ])
        }
        for variable in unit.finished { try finish(variable, db) }
      }
    }
  }

  /// Stores the content digest, where every variable has a value, and ends the run.
  ///
  /// - Returns: The content digest.
  public func finish(verified: Int, failed: Int) async throws -> Digest? {
    let counts = Dictionary(grouping: decisions, by: \.action).mapValues(\.count)
    return try await store.write { [self] db in
      let digest = try contentDigest(db)
      try db.run(.setContentDigest, ["digest": digest?.data, "id": checkpointID])
      try db.run(
        .finishRun,
        [
          "now": Timestamp.now(), "materialized": counts[.materialized] ?? 0,
          "skipped": counts[.skipped] ?? 0, "verified": verified,
          "replaced": counts[.replaced] ?? 0, "failed": failed, "id": runID,
        ])
      try db.removeUnusedPayloads()
      return digest
    }
  }

  private typealias Place = (block: Int64, offset: Int)

  /// Finds where each chunk's bytes lie, and stores those that are nowhere yet as one block.
  private func place(_ chunks: [FilledChunk], _ db: Database) throws -> [Place?] {
    guard !isRecipe else { return chunks.map { _ in nil } }
    var places = [Place?](repeating: nil, count: chunks.count)
    var fresh: [Int] = []
    var freshByDigest: [Digest: Int] = [:]
    for (index, chunk) in chunks.enumerated() where freshByDigest[chunk.digest] == nil {
      let known = try db.row(
        .findChunk,
        [
          "sha256": chunk.digest.data, "bytes": chunk.range.count, "first": firstTrustedPayload,
        ])
      if let known {
        places[index] = (known["block_id"], known["block_offset"])
      } else {
        freshByDigest[chunk.digest] = fresh.count
        fresh.append(index)
      }
    }
    var offsets: [Int] = []
    if fresh.count == 1 {
      let chunk = chunks[fresh[0]]
      try chunk.storage.withData(in: chunk.range) { try db.run(.insertBlock, ["bytes": $0]) }
      offsets = [0]
    } else if !fresh.isEmpty {
      var bytes = Data()
      bytes.reserveCapacity(fresh.reduce(0) { $0 + chunks[$1].range.count })
      for index in fresh {
        offsets.append(bytes.count)
        chunks[index].storage.withData(in: chunks[index].range) { bytes.append($0) }
      }
      try db.run(.insertBlock, ["bytes": bytes])
    }
    let block = db.lastInsertedRowID
    for (index, chunk) in chunks.enumerated() where places[index] == nil {
      if let number = freshByDigest[chunk.digest] { places[index] = (block, offsets[number]) }
    }
    return places
  }

  /// The payload that a variable's chunks go to; made with its first chunk.
  private func payload(of variable: String, _ db: Database) throws -> Int64 {
    if let id = open.withLock({ $0[variable] }) { return id }
    guard let (type, byteCount) = types[variable] else {
      preconditionFailure("only variables of the graph are written")
    }
    try db.run(
      .insertPayload, ["dtype": type.rawValue, "bytes": byteCount, "isRecipe": isRecipe])
    let id = db.lastInsertedRowID
    open.withLock { $0[variable] = id }
    return id
  }

  /// Gives a variable its value: the payload just written, or an equal one that was there.
  private func finish(_ variable: FilledVariable, _ db: Database) throws {
    var id = try payload(of: variable.name, db)
    let type = types[variable.name]?.0.rawValue
    let equal = try db.row(
      .findPayload,
      [
        "sha256": variable.digest.data, "dtype": type, "isRecipe": isRecipe,
        "first": firstTrustedPayload,
      ])
    if let equal {
      try db.run(.deletePayload, ["id": id])
      id = equal["id"]
    } else {
      let moments = variable.moments
      let hasValues = moments.count > 0
      try db.run(
        .finishPayload,
        [
          "id": id, "sha256": variable.digest.data, "mean": hasValues ? moments.mean : nil,
          "deviation": hasValues ? moments.standardDeviation : nil,
          "minimum": hasValues ? moments.minimum : nil,
          "maximum": hasValues ? moments.maximum : nil, "notFinite": moments.notFiniteCount,
          "preview": variable.preview,
        ])
    }
    try db.run(
      .attachPayload, ["payload": id, "checkpoint": checkpointID, "name": variable.name])
    open.withLock { $0[variable.name] = nil }
  }

  private func contentDigest(_ db: Database) throws -> Digest? {
    let rows = try db.rows(.storedVariables, ["checkpoint": checkpointID])
    var values: [(name: String, dtype: String, shape: String, digest: Digest)] = []
    for row in rows where (row["alias_of"] as String?) == nil {
      guard let bytes = row["sha256"] as Data?, let digest = Digest(bytes: bytes) else {
        return nil
      }
      values.append((row["name"], row["dtype"], row["shape"], digest))
    }
    return Fingerprint.content(values)
  }
}

/// What the first transaction of a run found and decided.
struct BegunRun: Sendable {
  var specFingerprint: Digest
  var checkpointID: Int64
  var runID: Int64
  var nextPayload: Int64
  var decisions: [MaterializationDecision] = []
  var removed: [String] = []
  var invalidated: [String] = []
}

/// Times as the store writes them: UTC, ISO 8601, seconds.
enum Timestamp {
  static func now() -> String { Date().formatted(.iso8601) }
}
