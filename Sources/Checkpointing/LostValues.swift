internal import GRDB
internal import StoreAccess
internal import TensorMemory
package import Tensors

extension Database {
  /// The variables whose value is gone with its digests: they name a payload that is not there, or their
  /// checkpoint has a content digest, which it has only where every variable has a value.
  func lostValues(
    among variables: [StoredVariable], of checkpoint: Int64
  ) throws -> [StoredVariable] {
    let isComplete =
      try statement(.sealOfCheckpoint).first(.integer(checkpoint)) { !$0.isNull(4) } ?? false
    return variables.filter {
      $0.aliasOf == nil && !$0.hasValue && (isComplete || $0.payloadID != nil)
    }
  }
}

extension StoredVariable {
  /// What is said where the value is gone.
  var lostValue: Damage { Damage(variable: name, part: .value, expected: nil, found: nil) }
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
  /// With it the values do not have the checkpoint's content digest, and its chunks, where any are left,
  /// have other digests.
  case other
  /// Neither a content digest nor the digests of all its chunks are there to be compared with.
  case unknown
}

/// Writes the payloads of lost values again, in a transaction, where something that is left binds them: the
/// content digest of the checkpoint, or the digests of all chunks.
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
    let lost = try db.lostValues(among: rows, of: id)
    let hasContent = try bindsContent(of: id, lost)
    let present = rows.filter(\.hasValue)
    var outcomes: NameTable<LostValueOutcome> = [:]
    var restored: [Int64: Digest] = [:]
    for variable in lost {
      guard let record = records[variable.name] else { continue }
      let isBound = try hasContent == true || db.hasChunks(of: record, variable)
      guard isBound else {
        outcomes[variable.name] = hasContent == nil ? .unknown : .other
        continue
      }
      // Variables of equal values share a payload; those that only seem to do not.
      let old = variable.payloadID.flatMap {
        restored[$0, default: record.filled.digest] == record.filled.digest ? $0 : nil
      }
      let payload = try restore(record, of: variable, to: old, beside: present)
      restored[payload] = record.filled.digest
      outcomes[variable.name] = .restored
    }
    return outcomes
  }

  /// True where the values that are there and those that were made again have the checkpoint's content
  /// digest; `nil` where there is none, or other values are missing, too.
  private func bindsContent(of id: Int64, _ lost: [StoredVariable]) throws -> Bool? {
    var roots: NameTable<Digest> = [:]
    for variable in lost {
      guard let record = records[variable.name] else { return nil }
      roots[variable.name] = DigestTree(chunks: record.chunks)
        .root(byteCount: variable.byteCount)
    }
    let recorded = try db.statement(.sealOfCheckpoint).first(.integer(id)) {
      Digest(bytes: $0.bytes(4))
    }
    guard let recorded = recorded ?? nil else { return nil }
    return try db.contentDigest(of: id, completedBy: roots) == recorded
  }

  /// Gives a variable a payload of the value: one that is there, or a row that is written again.
  ///
  /// - Parameter old: The row's key before, where it can have the same again.
  private func restore(
    _ record: RemadeRecord, of variable: StoredVariable, to old: Int64?,
    beside present: [StoredVariable]
  ) throws -> Int64 {
    let isRecipe = try wasRecipe(old, present)
    let tree = DigestTree(chunks: record.chunks)
    let root = tree.root(byteCount: variable.byteCount)
    let type = variable.scalarType.rawValue
    let equal = try db.statement(.findPayload).first(
      .bytes(record.filled.digest.bytes), .text(type), .integer(isRecipe ? 1 : 0), .integer(0),
      .bytes(root.bytes)
    ) { $0.integer(0) }
    if let equal {
      try db.statement(.setPayload).run(.integer(variable.id), .integer(equal))
      return equal
    }
    try db.statement(.restorePayload).run(
      old.map { .integer($0) } ?? .null, .text(type), .integer(variable.byteCount),
      .integer(isRecipe ? 1 : 0))
    let payload = old ?? db.lastInsertedRowID
    let values =
      record.filled.columns + [
        .bytes(root.bytes), .digests(isRecipe ? tree.subtrees : nil),
      ]
    try db.statement(.finishPayload).withRows([.integer(payload)] + values) { _ in }
    try db.statement(.setPayload).run(.integer(variable.id), .integer(payload))
    return payload
  }

  /// Whether only the digests of a lost value were stored: its row says so. Without one, its chunks say that
  /// there were bytes, or else the checkpoint's other values, or the bytes in the file.
  private func wasRecipe(_ payload: Int64?, _ present: [StoredVariable]) throws -> Bool {
    if let payload {
      let row = try db.statement(.payloadColumns).first(.integer(payload)) { $0.integer(2) != 0 }
      if let row { return row }
      let chunkCount = try db.statement(.countChunks).first(.integer(payload)) { $0.integer(0) }
      if chunkCount ?? 0 > 0 { return false }
    }
    return try present.isEmpty ? db.number(.hasBlocks) == 0 : present.allSatisfy(\.isRecipe)
  }
}

extension Database {
  /// True where the chunks of a lost payload are all recorded, with the digests of what was made again.
  fileprivate func hasChunks(of record: RemadeRecord, _ variable: StoredVariable) throws -> Bool {
    guard let payload = variable.payloadID else { return false }
    return try chunkDigests(ofPayload: payload, byteCount: variable.byteCount) == record.chunks
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
    try RemadeRecord(of: variable(name, in: checkpoint), remade)
  }

  /// Stores the digests of values that are gone with them, where something that is left binds the values.
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
