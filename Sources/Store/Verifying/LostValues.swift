internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
package import Tensors

extension Database {
  /// What is said of variables whose value is gone with its digests, and of others whose row does not have its
  /// seal. A value is gone where a payload is named that is not there, or the checkpoint has a content digest,
  /// which it has only where every variable has a value.
  func rowDamages(among variables: [StoredVariable], of checkpoint: Int64) throws -> [Damage] {
    let isComplete =
      try statement(.sealOfCheckpoint).first(.integer(checkpoint)) { !$0.isNull(4) } ?? false
    return variables.filter { $0.aliasOf == nil }.compactMap { variable in
      let isGone = !variable.hasValue && (isComplete || variable.payloadID != nil)
      guard isGone || !variable.isProven else { return nil }
      return Damage(
        variable: variable.name, part: isGone ? .value : .row, expected: nil, found: nil)
    }
  }
}

/// What is recorded of a value that is made again, without its bytes.
package struct RemadeRecord: Sendable {
  let filled: FilledVariable
  /// The digests of its chunks, in order.
  let chunks: [Digest]

  /// Makes all of the value, no more than a subtree at a time.
  ///
  /// - Throws: `TensorMemoryError`, what keeps the value from being made.
  init(of variable: StoredVariable, _ elements: RemadeElements) throws {
    var measured = MeasuredValue(of: ValueSpec(variable))
    var chunks: [Digest] = []
    try RemadeValue(of: variable, elements).forEachSubtree { made in
      made.storage.withBytes { bytes in
        for (number, digest) in zip(chunks.count..., made.digests) {
          let range = Chunking.range(ofChunk: number, in: variable.byteCount)
          measured.add(
            bytes.extracting(range.shifted(down: made.range.lowerBound)), number: number)
          chunks.append(digest)
        }
        measured.digest.append(bytes)
      }
    }
    self.chunks = chunks
    // The variable's row keeps the verdict that it has.
    filled = measured.finish { _ in RecordedVerdict(nil) }
  }
}

/// What became of a value that was lost with its digests.
package enum LostValueOutcome: Sendable {
  /// Its digests are there again; `repair` mends its bytes.
  case restored
  /// With it the row does not have its seal: it was another value, or more of the row is damaged.
  case other
}

/// Writes the payloads of lost values again, in a transaction, where the row has its seal with them.
struct LostValueRepair {
  let db: Database
  let store: CheckpointStore
  let checkpoint: String
  let records: NameTable<RemadeRecord>

  /// Restores what it can.
  ///
  /// - Returns: What became of each value that is still lost.
  func run() throws -> NameTable<LostValueOutcome> {
    let id = try store.knownCheckpointID(of: checkpoint, db)
    let rows = try store.storedVariables(of: id, db)
    var outcomes: NameTable<LostValueOutcome> = [:]
    let damaged = NameSet(names: try db.rowDamages(among: rows, of: id).map(\.variable))
    for variable in rows where damaged.contains(variable.name) {
      guard let record = records[variable.name] else { continue }
      let isRestored = try [false, true].contains { isRecipe in
        try restore(record, of: variable, isRecipe: isRecipe, in: id)
      }
      outcomes[variable.name] = isRestored ? .restored : .other
    }
    return outcomes
  }

  /// Gives a variable a payload of the value: one that is there, or a row that is written again.
  ///
  /// - Returns: False where the variable's row does not have its seal with it; nothing is changed then.
  private func restore(
    _ record: RemadeRecord, of variable: StoredVariable, isRecipe: Bool, in id: Int64
  ) throws -> Bool {
    try db.run(.beginPart)
    let tree = DigestTree(chunks: record.chunks)
    let root = tree.root(byteCount: variable.byteCount)
    let values = record.filled.columns + tree.columns(root: root, isRecipe: isRecipe)
    let payload: Int64
    if let equal = try db.equalPayload(values, ValueSpec(variable), isRecipe: isRecipe) {
      payload = equal
    } else {
      // Chunks that are left belong to the key that the variable names, where it is a lost one.
      let isOwn = try variable.payloadID.map { try isFree($0, for: variable) } ?? false
      let old = isOwn ? variable.payloadID : nil
      try db.statement(.restorePayload).run(
        old.map { .integer($0) } ?? .null, .text(variable.scalarType.rawValue),
        .integer(variable.byteCount), .integer(isRecipe ? 1 : 0))
      payload = old ?? db.lastInsertedRowID
      try db.statement(.finishPayload).withRows([.integer(payload)] + values) { _ in }
    }
    try db.statement(.setPayload).run(.integer(variable.id), .integer(payload))
    let isProven = try db.statement(.storedVariable).first(
      .integer(id), .text(variable.name)
    ) { $0.integer(20) != 0 }
    try db.run(isProven == true ? .endPart : .undoPart)
    if isProven != true { try db.run(.endPart) }
    return isProven == true
  }

  /// True where no other variable that is proved has the payload of a key.
  private func isFree(_ payload: Int64, for variable: StoredVariable) throws -> Bool {
    let columns = try db.statement(.payloadColumns).first(.integer(payload)) { $0.integer(0) }
    if columns == nil { return true }
    let uses = try db.statement(.countUsesOfPayload).first(.integer(payload)) { $0.integer(0) }
    return uses == 1
  }
}

extension CheckpointStore {
  /// Makes all of a value that is gone with its digests, no more than a subtree of it at a time.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`; what keeps the value
  ///   from being made.
  package func record(
    of name: String, in checkpoint: String, with remade: RemadeElements
  ) throws -> RemadeRecord {
    try RemadeRecord(
      of: read { try declaredVariable(name, in: checkpoint, $0) }, remade)
  }

  /// The row of a variable as it stands, for those who mend it: it may say other than its seal.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`.
  func declaredVariable(
    _ name: String, in checkpoint: String, _ db: Database
  ) throws -> StoredVariable {
    let id = try knownCheckpointID(of: checkpoint, db)
    guard let found = try db.storedVariable(name, of: id, path: path) else {
      throw CheckpointError.unknownVariable(name, checkpoint: checkpoint, near: [])
    }
    return found
  }

  /// Writes the content digest of a checkpoint again, where its row has its seal with it.
  package func restoreContentDigest(of checkpoint: String) async throws {
    try await write { [self] db in
      let id = try knownCheckpointID(of: checkpoint, db)
      guard try !db.isCheckpointProven(id, named: checkpoint) else { return }
      try db.run(.beginPart)
      try db.statement(.restoreContentDigest).run(
        .integer(id), db.contentDigest(of: id).map { .bytes($0.bytes) } ?? .null)
      if try !db.isCheckpointProven(id, named: checkpoint) { try db.run(.undoPart) }
      try db.run(.endPart)
    }
  }

  /// Stores the digests of values that are gone with them, where the rows have their seals with them.
  ///
  /// - Returns: What became of each, by variable.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `busy`, `inputOutput`, and `damaged`
  ///   where SQLite's own structure is. Nothing is changed then.
  package func restoreLost(
    _ records: [RemadeRecord], in checkpoint: String
  ) async throws -> NameTable<LostValueOutcome> {
    guard !records.isEmpty else { return [:] }
    let known = NameTable(byName: records.lazy.map { ($0.filled.name, $0) })
    return try await write { [self] db in
      try LostValueRepair(db: db, store: self, checkpoint: checkpoint, records: known).run()
    }
  }
}
