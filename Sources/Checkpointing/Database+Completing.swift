internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

extension Database {
  /// Gives every variable of a checkpoint whose chunks are all there its value.
  ///
  /// The bytes are read once more, in order: the digest of a whole tensor is one hash over all of them.
  ///
  /// - Parameter path: The store's, for messages.
  /// - Returns: The names of the variables.
  /// - Throws: `CheckpointError.Code.damaged`, `DatabaseError`.
  func completePartials(of checkpoint: Int64, path: String) throws -> [String] {
    let found = try statement(.partials).map(.integer(checkpoint)) { row in
      (
        name: row.text(0), payload: row.integer(1), byteCount: Int(row.integer(2)),
        chunkCount: Int(row.integer(3)), hasValue: !row.isNull(4), isRecipe: row.integer(5) != 0
      )
    }
    var completed: [String] = []
    for partial in found {
      if partial.hasValue {
        // Another run made all of it.
        try removePartial(payload: partial.payload)
      } else if partial.chunkCount == Chunking.count(ofBytes: partial.byteCount) {
        try complete(partial.name, partial.payload, of: checkpoint, path: path)
        completed.append(partial.name)
      }
    }
    return completed
  }

  /// Makes an incomplete payload, of which all chunks are there, the value of its variable.
  private func complete(
    _ name: String, _ payload: Int64, of checkpoint: Int64, path: String
  ) throws {
    let stored = try statement(.storedVariable).first(.integer(checkpoint), .text(name)) {
      try StoredVariable(row: $0, path: path)
    }
    guard let variable = stored else {
      preconditionFailure("a variable that has chunks is declared")
    }
    let filled = try measured(variable, payload)
    try statement(.finishPayload).withRows([.integer(payload)] + filled.columns) { _ in }
    try statement(.attachPayload).run(
      .integer(payload), .integer(checkpoint), .text(name), .integer(0))
    try statement(.deletePartial).run(.integer(payload))
  }

  /// Reads all chunks in order, and what there is to know of the whole.
  private func measured(_ variable: StoredVariable, _ payload: Int64) throws -> FilledVariable {
    let chunks = try chunks(of: variable, covering: 0..<variable.byteCount, in: payload)
    let reader = ChunkReader(self, variable: variable)
    let pool = MemoryPool(byteCount: Chunking.chunkByteCount)
    var digest = DigestBuilder()
    var moments = Moments()
    var preview = "[]"
    for chunk in chunks {
      let storage = try TensorStorage(byteCount: chunk.range.count, from: pool)
      let damages = try reader.fill(storage, with: [chunk], wanted: chunk.range)
      if let first = damages.first { throw CheckpointError.damagedPart(first) }
      storage.seal()
      storage.withBytes { bytes in
        digest.append(bytes)
        moments.merge(Moments(of: bytes, as: variable.scalarType.measurable))
        if chunk.number == 0 { preview = Tensor.preview(of: bytes, as: variable.scalarType) }
      }
    }
    return FilledVariable(
      name: variable.name, digest: digest.finish(), moments: moments, preview: preview)
  }
}
