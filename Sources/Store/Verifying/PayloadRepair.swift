internal import GRDB
internal import StoreAccess
internal import TensorMemory
package import Tensors

/// What became of a variable that was to be mended.
package enum RepairOutcome: Sendable {
  /// Nothing of it is damaged.
  case intact
  /// It is as it was recorded again.
  ///
  /// - chunks: The numbers of the chunks that were written again.
  /// - digests: True where its list of digests was written again.
  case repaired(chunks: [Int], digests: Bool)

  /// What became of a recipe and of the chunks that are there beside it.
  func joined(with other: RepairOutcome) -> RepairOutcome {
    guard case .repaired(let chunks, let digests) = self else { return other }
    guard case .repaired(let others, _) = other else { return self }
    return .repaired(chunks: chunks + others, digests: digests)
  }
}

/// The value that was made is not the recorded one; nothing of it was written.
package struct OtherValue: Error, Sendable {
  /// The recorded digest; `nil` where it is not there, either.
  package let expected: Digest?
  /// The digest of what was made.
  package let found: Digest
}

/// Mends the payload of one variable, in a transaction: what is damaged is made again and written only when
/// it has the recorded digests.
///
/// Where the digests of the chunks give the root, only damaged chunks are made. Otherwise the whole value is,
/// and must have both the recorded SHA-256 and the root.
struct PayloadRepair {
  let db: Database
  let variable: StoredVariable
  let payload: Int64
  let remade: RemadeValue
  let tally: ReadTally

  /// Mends what is damaged.
  ///
  /// - Throws: `OtherValue`; `DatabaseError`, `TensorMemoryError`, what keeps the value from being made. The
  ///   transaction must be rolled back then.
  func run() throws -> RepairOutcome {
    if try db.tree(of: variable) != nil {
      guard !variable.isRecipe else { return .intact }
      return try repairChunks()
    }
    return try repairDigests()
  }

  /// The digests of the chunks are right: each damaged chunk has one to be compared with.
  private func repairChunks() throws -> RepairOutcome {
    let chunks = try db.chunks(of: variable, covering: 0..<variable.byteCount)
    let digests = try db.chunkDigests(ofPayload: payload, byteCount: variable.byteCount) ?? []
    // The only chunk is the whole: what is recorded of both must be one and the same.
    if digests.count == 1, let expected = variable.digest, expected != digests[0] {
      throw OtherValue(expected: expected, found: try remade.chunks(0..<1).digests[0])
    }
    let damages = try ChunkReader(db, variable: variable, tally: tally).verify(chunks)
    if let whole = damages.first(where: { $0.part == .whole }), let found = whole.found {
      throw OtherValue(expected: whole.expected, found: found)
    }
    return try remake(damages.compactMap(\.chunk)) { digests[$0] }
  }

  /// Mends the chunks of a value of which only some are there: nothing binds their digests, but a chunk that
  /// is made again must have its own.
  ///
  /// - Throws: As `run`.
  func runPartial() throws -> RepairOutcome {
    let isRecipe = try db.statement(.placesOfChunks).first(.integer(payload)) {
      $0.integer(0) != 0
    }
    // Of a recipe there are digests only, which a run of its last share completes.
    guard isRecipe == false else { return .intact }
    var digests: [Int: Digest] = [:]
    try db.statement(.digestsOfPayload).withRows(
      [.integer(payload), .integer(0), .integer(Int64.max)]
    ) {
      digests[Int($0.integer(0))] = Digest(bytes: $0.bytes(2))
    }
    let reader = ChunkReader(db, variable: variable, tally: tally)
    let damages = try db.chunkRuns(of: payload, byteCount: variable.byteCount).flatMap { run in
      try reader.verify(db.chunks(of: variable, covering: run, in: payload))
    }
    return try remake(damages.compactMap(\.chunk)) { digests[$0] }
  }

  /// Makes chunks again and stores them, each with its digest.
  private func remake(
    _ damaged: [Int], as digest: (Int) -> Digest?
  ) throws -> RepairOutcome {
    guard !damaged.isEmpty else { return .intact }
    // A tensor whose elements are not made apart is made once.
    var made: RemadeValue.Chunks?
    for number in damaged {
      let range = Chunking.range(ofChunk: number, in: variable.byteCount)
      if made.map({ !$0.range.contains(range) }) ?? true {
        made = try remade.chunks(number..<number + 1)
      }
      guard let made else { preconditionFailure("a chunk was made") }
      let found = made.digests[number - made.range.lowerBound / Chunking.chunkByteCount]
      guard let expected = digest(number), found == expected else {
        throw OtherValue(expected: digest(number), found: found)
      }
      try put(number, made, found)
    }
    return .repaired(chunks: damaged, digests: false)
  }

  /// The digests themselves are damaged: only the whole value can be compared.
  private func repairDigests() throws -> RepairOutcome {
    var whole = DigestBuilder()
    var digests: [Digest] = []
    try remade.forEachSubtree { made in
      made.storage.withBytes { whole.append($0) }
      digests += made.digests
    }
    let sha256 = whole.finish()
    if let expected = variable.digest, expected != sha256 {
      throw OtherValue(expected: expected, found: sha256)
    }
    let tree = DigestTree(chunks: digests)
    let root = tree.root(byteCount: variable.byteCount)
    if let expected = variable.root, expected != root {
      throw OtherValue(expected: expected, found: root)
    }
    try db.statement(.setProof).run(
      .integer(payload), .bytes(root.bytes),
      .digests(tree.recordedSubtrees(isRecipe: variable.isRecipe)))
    try db.statement(.deleteForeignChunks).run(
      .integer(payload), .integer(variable.isRecipe ? 0 : digests.count))
    guard !variable.isRecipe else { return .repaired(chunks: [], digests: true) }
    return .repaired(chunks: try rewriteChunks(digests), digests: true)
  }

  /// Writes again what is not where and what it must be, in two goes: no more than a subtree is in memory.
  ///
  /// - Returns: The numbers of the chunks.
  private func rewriteChunks(_ digests: [Digest]) throws -> [Int] {
    let reader = ChunkReader(db, variable: variable, tally: tally)
    let stored = Dictionary(
      uniqueKeysWithValues: try db.chunks(of: variable, covering: 0..<variable.byteCount)
        .map { ($0.number, $0) })
    let intact = try digests.indices.filter { number in
      guard let chunk = stored[number], chunk.digest == digests[number] else { return false }
      return try reader.verify([chunk]).allSatisfy { $0.part == .whole }
    }
    let missing = Set(digests.indices).subtracting(intact)
    var first = 0
    try remade.forEachSubtree { made in
      let numbers = first..<first + made.digests.count
      first = numbers.upperBound
      for number in numbers where missing.contains(number) {
        try put(number, made, digests[number])
      }
    }
    return missing.sorted()
  }

  /// Stores a chunk in a block of its own, for all payloads that had it where it was.
  private func put(_ number: Int, _ made: RemadeValue.Chunks, _ digest: Digest) throws {
    let range = Chunking.range(ofChunk: number, in: variable.byteCount)
    let before = try db.statement(.chunksOfPayload).first(
      .integer(payload), .integer(number), .integer(number)
    ) { (block: $0.optionalInteger(3), offset: $0.optionalInteger(4)) }
    try made.storage.withBytes {
      try db.statement(.insertBlock).run(
        bytes: $0.extracting(range.shifted(down: made.range.lowerBound)))
    }
    let block = db.lastInsertedRowID
    try db.statement(.replaceChunk).run(
      .integer(payload), .integer(number), .integer(range.count), .bytes(digest.bytes),
      .integer(block), .integer(0))
    guard let before, let oldBlock = before.block, let oldOffset = before.offset else { return }
    try db.statement(.moveChunks).run(
      .bytes(digest.bytes), .integer(range.count), .integer(oldBlock), .integer(oldOffset),
      .integer(block), .integer(0))
    try db.statement(.deleteUnusedBlock).run(.integer(oldBlock))
  }
}

extension CheckpointStore {
  /// Mends a variable that has a value, or some chunks of one: makes again what is damaged, and stores it if
  /// it has the recorded digests.
  ///
  /// - Throws: `OtherValue` where it has not; `CheckpointError` with the codes `unknownVariable`,
  ///   `notMaterialized`, `busy`, `inputOutput`, and `damaged` where SQLite's own structure is; what keeps
  ///   the value from being made. Nothing is changed then.
  package func repair(
    _ name: String, in checkpoint: String, with remade: RemadeElements
  ) async throws -> RepairOutcome {
    let tally = readers.tally
    return try await write { [self] db in
      let variable = try declaredVariable(name, in: checkpoint, db)
      func repair(of payload: Int64) -> PayloadRepair {
        PayloadRepair(
          db: db, variable: variable, payload: payload, remade: RemadeValue(of: variable, remade),
          tally: tally)
      }
      let partial = try db.statement(.partialOfVariable).first(
        .integer(knownCheckpointID(of: checkpoint, db)), .text(variable.name)
      ) { $0.optionalInteger(2) }
      let whole = variable.hasValue ? variable.payloadID : nil
      let outcomes = try [
        whole.map { try repair(of: $0).run() },
        (partial ?? nil).map { try repair(of: $0).runPartial() },
      ].compactMap(\.self)
      guard let first = outcomes.first else {
        throw CheckpointError.notMaterialized(name, checkpoint: checkpoint)
      }
      return outcomes.dropFirst().reduce(first) { $0.joined(with: $1) }
    }
  }
}
