internal import VariableGraph
internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Adds what one part has to a checkpoint of a store.
///
/// What is written is committed about each second, whole values and chunks of incomplete ones, and of small
/// parts many at a time; a merge that is killed goes on from there. What a part that is refused has not
/// committed is undone, and what the parts before it have written stays.
struct PartMerge {
  /// What is merged into what.
  struct Request: Sendable {
    let checkpoint: String
    /// The path of the part.
    let part: String
    /// The path of the store.
    let store: String
    /// The part's path as the catalog keeps it; `nil` where bytes are copied.
    let catalogPath: String?
    /// Compares values with what is promised.
    let registry: InitializerRegistry
  }

  /// What came to the store.
  struct Tally: Sendable {
    var chunkCount = 0
    var byteCount = 0
    var completedCount = 0

    mutating func add(_ other: Tally) {
      chunkCount += other.chunkCount
      byteCount += other.byteCount
      completedCount += other.completedCount
    }
  }

  /// The store.
  let db: Database
  /// The part.
  let source: Database
  let request: Request

  /// How long a transaction stays open.
  private static let transactionDuration = Duration.seconds(1)
  /// Small values are stored together, up to this many bytes.
  static let batchByteCount = 4 << 20

  /// Adds the part, and leaves a transaction open where it is not a second old yet.
  ///
  /// - Parameter lastCommit: When the transaction began that is open, or the last one ended.
  /// - Returns: What came to the store, and when the last transaction ended.
  func run(
    lastCommit: ContinuousClock.Instant
  ) throws -> (tally: Tally, lastCommit: ContinuousClock.Instant) {
    var lastCommit = lastCommit
    if !db.isInsideTransaction {
      try db.beginWriting()
      lastCommit = .now
    }
    try db.run(.beginPart)
    do {
      let state = try merge(lastCommit)
      try db.run(.endPart)
      guard Self.isDue(state.lastCommit) else { return (state.tally, state.lastCommit) }
      try db.commitSealed()
      return (state.tally, .now)
    } catch {
      // Some failures, a full disk among them, have rolled back already.
      guard db.isInsideTransaction else { throw error }
      try db.run(.undoPart)
      try db.commitSealed()
      throw error
    }
  }

  private static func isDue(_ lastCommit: ContinuousClock.Instant) -> Bool {
    ContinuousClock.now - lastCommit >= transactionDuration
  }

  private func merge(_ lastCommit: ContinuousClock.Instant) throws -> State {
    let ids = try declared()
    try mergeTraining(from: ids.source, to: ids.own)
    try copyShares(from: ids.source, to: ids.own)
    var state = State(
      checkpointID: ids.own, catalog: try request.catalogPath.map { try catalog($0) },
      lastCommit: lastCommit)
    let values = try source.statement(.valuesOfCheckpoint).map(.integer(ids.source)) { row in
      try PartValue(row: row, path: request.part)
    }
    for value in values {
      try merge(value, &state)
      if Self.isDue(state.lastCommit) {
        try flush(&state)
        try db.commitSealed()
        try db.beginWriting()
        try db.run(.beginPart)
        state.lastCommit = .now
      }
    }
    try flush(&state)
    return state
  }

  /// What goes from value to value.
  struct State {
    let checkpointID: Int64
    /// The part's row in the catalog.
    let catalog: Int64?
    var tally = Tally()
    var lastCommit: ContinuousClock.Instant
    /// Small values that are written together.
    var batch = FilledUnit(chunks: [], finished: [])
    var batchValues: [PartValue] = []
    let pool = MemoryPool(byteCount: Chunking.chunkByteCount)

    init(checkpointID: Int64, catalog: Int64?, lastCommit: ContinuousClock.Instant) {
      self.checkpointID = checkpointID
      self.catalog = catalog
      self.lastCommit = lastCommit
    }
  }

  /// The checkpoint in the store, declared as the part has it where it is not there, and in the part.
  private func declared() throws -> (own: Int64, source: Int64) {
    func head(_ db: Database) throws -> (id: Int64, fingerprint: [UInt8])? {
      try db.statement(.checkpointHead).first(.text(request.checkpoint)) {
        ($0.integer(0), $0.bytes(4))
      }
    }
    guard let other = try head(source) else {
      throw CheckpointError.unknownCheckpoint(
        request.checkpoint, inPart: request.part,
        known: try source.statement(.checkpointSummaries).map { $0.text(0) })
    }
    if let own = try head(db) {
      guard own.fingerprint == other.fingerprint else {
        throw CheckpointError.otherGraph(
          request.part, checkpoint: request.checkpoint,
          expected: Digest(bytes: own.fingerprint), found: Digest(bytes: other.fingerprint))
      }
      return (own.id, other.id)
    }
    let columns = try source.statement(.checkpointHead).first(.text(request.checkpoint)) { row in
      [
        StatementValue.text(request.checkpoint), .integer(row.integer(1)), .text(row.text(2)),
        .integer(row.integer(3)), .bytes(row.bytes(4)), .text(Timestamp.now()),
      ]
    }
    try db.statement(.insertCheckpoint).withRows(columns ?? []) { _ in }
    let id = db.lastInsertedRowID
    let put = try db.statement(.putVariable)
    try source.statement(.declarations).withRows([.integer(other.id)]) { row in
      try put.withRows([
        .integer(id), .integer(row.integer(0)), .text(row.text(1)), .text(row.text(2)),
        .text(row.text(3)), .integer(row.integer(4)), .text(row.text(5)), .integer(row.integer(6)),
        .text(row.text(7)), .optional(row.optionalInteger(8)), .text(row.text(9)),
        .integer(row.integer(10)), .bytes(row.bytes(11)), .text(row.text(12)),
        .optional(row.optionalText(13)),
      ]) { _ in }
    }
    return (id, other.id)
  }

  /// Takes step, metadata and metrics of the part. What it does not say, the store may have from another.
  ///
  /// - Throws: `CheckpointError.Code.otherTraining` where both say different things.
  private func mergeTraining(from source: Int64, to own: Int64) throws {
    func training(_ db: Database, _ id: Int64) throws -> (step: Int64?, metadata: String) {
      try db.statement(.trainingOfCheckpoint).first(.integer(id)) {
        ($0.optionalInteger(0), $0.text(1))
      } ?? (nil, "{}")
    }
    func metrics(_ db: Database, _ id: Int64) throws -> [(name: String, value: Double?)] {
      try db.statement(.metricsOfCheckpoint).map(.integer(id)) { ($0.text(0), $0.optionalReal(1)) }
    }
    func differ(_ what: String, _ expected: String, _ found: String) -> CheckpointError {
      .otherTraining(
        request.part, checkpoint: request.checkpoint, what, expected: expected, found: found)
    }
    let (theirs, ours) = (try training(self.source, source), try training(db, own))
    if let step = theirs.step, let present = ours.step, step != present {
      throw differ("the step", "\(present)", "\(step)")
    }
    if theirs.metadata != "{}", ours.metadata != "{}", theirs.metadata != ours.metadata {
      throw differ("the metadata", ours.metadata, theirs.metadata)
    }
    let step = ours.step ?? theirs.step
    let metadata = ours.metadata == "{}" ? theirs.metadata : ours.metadata
    if step != ours.step || metadata != ours.metadata {
      try db.run(.setTraining, ["step": step, "metadata": metadata, "id": own])
    }
    let present = Dictionary(
      try metrics(db, own).map { (Array($0.name.utf8), $0.value) }
    ) { first, _ in first }
    for (name, value) in try metrics(self.source, source) {
      guard let known = present[Array(name.utf8)] else {
        try db.run(.insertMetric, ["id": own, "name": name, "value": value])
        try db.run(.unsealCheckpoint, ["id": own])
        continue
      }
      guard known == value else {
        throw differ(
          "the metric \"\(name.shown)\"", known.map { "\($0)" } ?? "not a number",
          value.map { "\($0)" } ?? "not a number")
      }
    }
  }

  private func copyShares(from source: Int64, to own: Int64) throws {
    let insert = try db.statement(.insertShare)
    try self.source.statement(.shares).withRows([.integer(source)]) { row in
      try insert.run(.integer(own), .integer(row.integer(0)), .integer(row.integer(1)))
    }
    try db.run(.unsealCheckpoint, ["id": own])
  }

  private func catalog(_ path: String) throws -> Int64 {
    let holdsOthers = try source.number(.countOuterBlocks) > 0
    guard !holdsOthers else { throw CheckpointError.catalogAsPart(request.part) }
    return try db.outerPart(path)
  }

  /// Adds one value, or the chunks of one.
  private func merge(_ value: PartValue, _ state: inout State) throws {
    guard let own = try db.ownValue(of: value.name, in: state.checkpointID) else {
      throw CheckpointError.notAStore(
        request.part, because: "its variable \"\(value.name)\" is none of its declarations")
    }
    guard own.fingerprint == value.variable.fingerprint, own.byteCount == value.variable.byteCount
    else {
      throw CheckpointError.notAStore(
        request.part,
        because: "its declaration of \"\(value.name)\" is another than its fingerprint")
    }
    if let whole = value.whole {
      try mergeWhole(whole, value, own, &state)
    }
    if let partial = value.partial {
      try mergePartial(partial, value, own, &state)
    }
  }

  /// A value that the part has whole.
  private func mergeWhole(
    _ whole: PartValue.Payload, _ value: PartValue, _ own: OwnValue, _ state: inout State
  ) throws {
    guard let root = value.variable.root else {
      throw CheckpointError.damaged(
        value.variable.damagedDigests, inPart: request.part)
    }
    if let present = own.whole {
      guard present.root == root else { throw overlap(value.name) }
      // Bytes take the place of a recipe.
      guard present.isRecipe, !whole.isRecipe else { return }
    } else if let partial = own.partial {
      guard partial.isRecipe || !whole.isRecipe else {
        throw CheckpointError.mixedParts(request.part, value.name, isRecipe: true)
      }
      if !whole.isRecipe { try compare(value, source: whole.id, own: partial.id) }
    }
    if whole.isRecipe || state.catalog != nil {
      // Its bytes are not hashed here: at least the digests give the root.
      guard try source.tree(of: value.variable) != nil else {
        throw CheckpointError.damaged(value.variable.damagedDigests, inPart: request.part)
      }
      try copyRows(of: whole, value, own, &state)
    } else {
      try copyBytes(of: whole, value, &state)
    }
  }

  /// Some chunks of a value.
  private func mergePartial(
    _ partial: PartValue.Payload, _ value: PartValue, _ own: OwnValue, _ state: inout State
  ) throws {
    if let present = own.whole, !present.isRecipe || partial.isRecipe {
      if !present.isRecipe { try compare(value, source: partial.id, own: present.id) }
      return
    }
    if let present = own.partial, present.isRecipe != partial.isRecipe {
      throw CheckpointError.mixedParts(request.part, value.name, isRecipe: partial.isRecipe)
    }
    var present: [Int: Digest] = [:]
    if let own = own.partial {
      present = try compare(value, source: partial.id, own: own.id)
    }
    var writer = PartialWriter(
      checkpointID: state.checkpointID, isRecipe: partial.isRecipe, firstTrustedPayload: 0,
      variables: [ValueSpec(value.variable)])
    guard let payload = try writer.payload(of: value.name, db) else { return }
    try db.statement(.unsealPartial).run(.integer(payload))
    let added = try addChunks(of: partial, value, to: payload, except: present, &state)
    state.tally.chunkCount += added
    if let preview = value.partialPreview, present[0] == nil {
      try db.statement(.setPreview).run(.integer(payload), .text(preview))
    }
    let count = try db.statement(.countChunks).first(.integer(payload)) { Int($0.integer(0)) }
    if count == Chunking.count(ofBytes: value.variable.byteCount) {
      try db.complete(
        value.name, payload, of: state.checkpointID, path: request.store
      ) { $0.check($1, request.registry) }
      state.tally.completedCount += 1
    }
  }

  /// Refuses chunks that both have and that differ.
  ///
  /// - Returns: The digests of the chunks that the store has, of those that the part can have.
  @discardableResult
  private func compare(
    _ value: PartValue, source payload: Int64, own: Int64
  ) throws -> [Int: Digest] {
    func digests(_ db: Database, _ payload: Int64, _ bounds: ClosedRange<Int64>) throws -> [Int:
      Digest]
    {
      var found: [Int: Digest] = [:]
      try db.statement(.chunksOfPayload).withRows(
        [.integer(payload), .integer(bounds.lowerBound), .integer(bounds.upperBound)]
      ) { row in found[Int(row.integer(0))] = Digest(bytes: row.bytes(2)) }
      return found
    }
    let theirs = try digests(source, payload, 0...Int64.max)
    guard let first = theirs.keys.min(), let last = theirs.keys.max() else { return [:] }
    let ours = try digests(db, own, Int64(first)...Int64(last))
    for (number, digest) in ours {
      guard let other = theirs[number] else { continue }
      guard other == digest else { throw overlap(value.name, chunk: number) }
    }
    return ours
  }

  private func overlap(_ name: String, chunk: Int? = nil) -> CheckpointError {
    .overlap(request.part, name, chunk: chunk, store: request.store)
  }
}
