internal import VariableGraph
internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Compares the values of a stored variable with what its initializer promises; `nil` where that is not known.
typealias ValueCheck = (_ variable: StoredVariable, _ moments: Moments) -> DistributionCheck?

extension Database {
  /// Gives every variable of a checkpoint whose chunks are all there its value.
  ///
  /// - Parameter path: The store's, for messages.
  /// - Parameter check: Compares the values with what is promised.
  /// - Returns: The names of the variables.
  /// - Throws: `CheckpointError` with the codes `damaged`, `otherValue`; `DatabaseError`.
  func completePartials(
    of checkpoint: Int64, path: String, check: ValueCheck
  ) throws -> [String] {
    let found = try statement(.partials).map(.integer(checkpoint)) { row in
      (
        name: row.text(0), payload: row.integer(1), byteCount: Int(row.integer(2)),
        chunkCount: Int(row.integer(3)), hasValue: row.integer(4) != 0
      )
    }
    var completed: [String] = []
    for partial in found {
      if partial.hasValue {
        // Another run made all of it.
        try removePartial(payload: partial.payload)
      } else if partial.chunkCount == Chunking.count(ofBytes: partial.byteCount) {
        try complete(
          partial.name, partial.payload, of: checkpoint, path: path, check: check)
        completed.append(partial.name)
      }
    }
    return completed
  }

  /// Makes an incomplete payload, of which all chunks are there, the value of its variable.
  ///
  /// Bytes are read once more, in order: the digest of a whole tensor is one hash over all of them. Where
  /// they are not in this file, the root must do, and the statistics are put together of those of the chunks.
  func complete(
    _ name: String, _ payload: Int64, of checkpoint: Int64, path: String, check: ValueCheck
  ) throws {
    guard let variable = try storedVariable(name, of: checkpoint, path: path),
      let digests = try chunkDigests(ofPayload: payload, byteCount: variable.byteCount)
    else { throw CheckpointError.notAStore(path, because: "chunks of \"\(name)\" are malformed") }
    let tree = DigestTree(chunks: digests)
    let root = tree.root(byteCount: variable.byteCount)
    if let expected = variable.valueDigest, expected.root != root {
      throw CheckpointError.otherValue(
        name, expected: expected, found: ValueDigest(sha256: nil, root: root))
    }
    let places = try statement(.placesOfChunks).first(.integer(payload)) { row in
      (isRecipe: row.integer(0) != 0, areHere: row.integer(1) != 0, preview: row.optionalText(2))
    }
    let isRecipe = places?.isRecipe ?? false
    var columns = [StatementValue](repeating: .null, count: 9)
    var verdict = RecordedVerdict(nil)
    if places?.areHere == true {
      let filled = try measured(variable, payload, check)
      columns = filled.columns
      verdict = filled.verdict
    } else if let moments = try momentsOfChunks(variable, payload) {
      columns = [.null] + moments.columns(preview: places?.preview)
      verdict = RecordedVerdict(check(variable, moments))
    }
    columns += tree.columns(root: root, isRecipe: isRecipe)
    try statement(.finishPayload).withRows([.integer(payload)] + columns) { _ in }
    if isRecipe {
      try run(.deleteChunksOfPayload, ["id": payload])
    } else {
      try statement(.clearMoments).run(.integer(payload))
    }
    try statement(.attachPayload).withRows(
      [.integer(payload), .integer(checkpoint), .text(name), .integer(0)] + verdict.columns
    ) { _ in }
    try statement(.deletePartial).run(.integer(payload))
    if let recipe = variable.payloadID { try removePayloads([recipe]) }
  }

  /// Reads all chunks in order, and takes what there is to know of the whole.
  private func measured(
    _ variable: StoredVariable, _ payload: Int64, _ check: ValueCheck
  ) throws -> FilledVariable {
    let chunks = try chunks(of: variable, covering: 0..<variable.byteCount, in: payload)
    let reader = ChunkReader(self, variable: variable, tally: ReadTally())
    let pool = MemoryPool(byteCount: Chunking.chunkByteCount)
    var measured = MeasuredValue(of: ValueSpec(variable))
    var digest = DigestBuilder()
    let damage = try reader.forEach(chunks, hashing: &digest, from: pool) { chunk, _, storage in
      measured.add(storage, number: chunk.number)
    }
    if let damage { throw CheckpointError.damagedPart(damage) }
    measured.digest = digest
    return measured.finish { RecordedVerdict(check(variable, $0)) }
  }

  /// The moments of a value whose chunks are all there, put together in the order in which a run does it, so
  /// that they are the same to the bit; `nil` where those of a chunk are missing.
  private func momentsOfChunks(_ variable: StoredVariable, _ payload: Int64) throws -> Moments? {
    var whole: Moments? = Moments()
    let width = variable.scalarType.byteCount
    try statement(.chunksOfPayload).withRows(
      [.integer(payload), .integer(0), .integer(Int64.max)]
    ) { row in
      let elementCount = Int(row.integer(1)) / width
      guard let part = Moments(encoded: row.bytes(5), elementCount: elementCount) else {
        whole = nil
        return
      }
      whole?.merge(part)
    }
    return whole
  }
}
