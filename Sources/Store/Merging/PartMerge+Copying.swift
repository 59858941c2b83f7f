internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

extension PartMerge {
  /// Copies the bytes of a whole value, each chunk checked, and the whole.
  func copyBytes(
    of whole: PartValue.Payload, _ value: PartValue, _ state: inout State
  ) throws {
    let variable = value.variable
    let chunks = try source.chunks(of: variable, covering: 0..<variable.byteCount)
    let isSmall = chunks.count <= 1
    if !isSmall { try flush(&state) }
    var writer = try writer([value], state.checkpointID)
    var tree = DigestTree()
    var measured = MeasuredValue(of: ValueSpec(variable))
    var digest = DigestBuilder()
    var held: [FilledChunk] = []
    let reader = ChunkReader(source, variable: variable, tally: ReadTally())
    let damage = try reader.forEach(chunks, hashing: &digest, from: state.pool) {
      chunk, found, storage in
      measured.add(storage, number: chunk.number)
      tree.append(found)
      held.append(
        FilledChunk(
          variable: value.name, number: chunk.number, storage: storage,
          range: 0..<chunk.range.count, digest: found))
      // The last chunk is written with what finishes the value.
      if !isSmall, held.count == 2 {
        try writer.write(FilledUnit(chunks: [held.removeFirst()], finished: []), db)
      }
    }
    if let damage { throw CheckpointError.damaged(damage, inPart: request.part) }
    measured.digest = digest
    let filled = measured.finish {
      value.verdict ?? RecordedVerdict(variable.check($0, request.registry))
    }
    if let expected = variable.digest, expected != filled.digest {
      throw CheckpointError.damaged(
        Damage(variable: value.name, part: .whole, expected: expected, found: filled.digest),
        inPart: request.part)
    }
    guard tree.root(byteCount: variable.byteCount) == variable.root else {
      throw CheckpointError.damaged(variable.damagedDigests, inPart: request.part)
    }
    state.tally.chunkCount += chunks.count
    state.tally.byteCount += variable.byteCount
    state.tally.completedCount += 1
    if isSmall {
      state.batch.chunks += held
      state.batch.finished.append(filled)
      state.batchValues.append(value)
      if state.batch.byteCount >= Self.batchByteCount || state.batchValues.count >= 1024 {
        try flush(&state)
      }
    } else {
      try writer.write(FilledUnit(chunks: held, finished: [filled]), db)
    }
  }

  /// Writes the small values that are waiting.
  func flush(_ state: inout State) throws {
    guard !state.batchValues.isEmpty else { return }
    var writer = try writer(state.batchValues, state.checkpointID)
    try writer.write(state.batch, db)
    state.batch = FilledUnit(chunks: [], finished: [])
    state.batchValues = []
  }

  /// A writer of whole values, in place of what there is of them.
  private func writer(_ values: [PartValue], _ checkpoint: Int64) throws -> ValueWriter {
    let partials = try values.compactMap { value in
      try db.ownValue(of: value.name, in: checkpoint)?.partial.map { (value.name, $0.id) }
    }
    return ValueWriter(
      checkpointID: checkpoint, isRecipe: false, firstTrustedPayload: 0,
      variables: values.map { ValueSpec($0.variable) },
      assigned: NameSet(names: values.filter(\.variable.isAssigned).map(\.name)),
      partials: NameTable(byName: partials))
  }

  /// Copies the rows of a value whose bytes are nowhere, or stay where they are.
  func copyRows(
    of whole: PartValue.Payload, _ value: PartValue, _ own: OwnValue, _ state: inout State
  ) throws {
    guard try source.tree(of: value.variable) != nil else {
      throw CheckpointError.damaged(value.variable.damagedDigests, inPart: request.part)
    }
    let columns = try source.statement(.payloadColumns).first(.integer(whole.id)) { row in
      [
        StatementValue.text(row.text(0)), .integer(row.integer(1)), .integer(row.integer(2)),
        row.isNull(3) ? .null : .bytes(row.bytes(3)), .optional(row.optionalReal(4)),
        .optional(row.optionalReal(5)), .optional(row.optionalReal(6)),
        .optional(row.optionalReal(7)), .optional(row.optionalInteger(8)),
        .optional(row.optionalText(9)), .optional(row.optionalReal(10)),
        .optional(row.optionalReal(11)), row.isNull(12) ? .null : .bytes(row.bytes(12)),
        row.isNull(13) ? .null : .bytes(row.bytes(13)),
      ]
    }
    try db.statement(.insertPayload).withRows(columns ?? []) { _ in }
    let payload = db.lastInsertedRowID
    if !whole.isRecipe {
      state.tally.chunkCount += try addChunks(
        of: whole, value, to: payload, except: [:], &state)
    } else {
      state.tally.chunkCount += 1
    }
    try db.statement(.attachPayload).withRows(
      [
        .integer(payload), .integer(state.checkpointID), .text(value.name),
        .integer(value.variable.isAssigned ? 1 : 0),
      ] + (value.verdict?.columns ?? [.null, .null])
    ) { _ in }
    state.tally.completedCount += 1
    if let partial = own.partial { try db.removePartial(payload: partial.id) }
    if let replaced = own.whole { try db.removePayloads([replaced.id]) }
  }

  /// Adds those chunks of a payload that the store does not have: their bytes, where they lie, or only
  /// their digests.
  ///
  /// - Returns: Their number.
  func addChunks(
    of theirs: PartValue.Payload, _ value: PartValue, to payload: Int64,
    except present: [Int: Digest], _ state: inout State
  ) throws -> Int {
    if theirs.isRecipe || state.catalog != nil {
      return try addRows(of: theirs, value, to: payload, except: present, state.catalog)
    }
    try flush(&state)
    let blocks = BlockWriter(isRecipe: false, firstTrustedPayload: 0)
    let reader = ChunkReader(source, variable: value.variable, tally: ReadTally())
    var added = 0
    var digest = DigestBuilder()
    for run in try source.chunkRuns(of: theirs.id, byteCount: value.variable.byteCount) {
      let missing = try source.chunks(of: value.variable, covering: run, in: theirs.id)
        .filter { present[$0.number] == nil }
      let damage = try reader.forEach(missing, hashing: &digest, from: state.pool) {
        chunk, found, storage in
        let filled = FilledChunk(
          variable: value.name, number: chunk.number, storage: storage,
          range: 0..<chunk.range.count, digest: found,
          moments: storage.withBytes { Moments(of: $0, as: value.variable.scalarType.measurable) })
        let places = try blocks.place([filled], db)
        try blocks.insert(filled, at: places[0], of: payload, db)
        state.tally.byteCount += chunk.range.count
        added += 1
      }
      if let damage { throw CheckpointError.damaged(damage, inPart: request.part) }
    }
    return added
  }

  /// Adds rows of chunks.
  private func addRows(
    of theirs: PartValue.Payload, _ value: PartValue, to payload: Int64,
    except present: [Int: Digest], _ catalog: Int64?
  ) throws -> Int {
    let insert = try db.statement(.insertChunk)
    var added = 0
    try source.statement(.chunksOfPayload).withRows(
      [.integer(theirs.id), .integer(0), .integer(Int64.max)]
    ) { row in
      let number = Int(row.integer(0))
      guard present[number] == nil else { return }
      let byteCount = value.variable.byteCount
      guard number < Chunking.count(ofBytes: byteCount),
        row.integer(1) == Chunking.range(ofChunk: number, in: byteCount).count,
        theirs.isRecipe || !row.isNull(3)
      else { throw CheckpointError.damaged(value.variable.damagedDigests, inPart: request.part) }
      var block = StatementValue.null
      if !theirs.isRecipe, let catalog {
        block = .integer(try db.outerBlock(of: catalog, block: row.integer(3)))
      }
      try insert.run(
        .integer(payload), .integer(number), .integer(row.integer(1)), .bytes(row.bytes(2)), block,
        theirs.isRecipe ? .null : .integer(row.integer(4)),
        row.isNull(5) ? .null : .bytes(row.bytes(5)))
      added += 1
    }
    return added
  }
}
