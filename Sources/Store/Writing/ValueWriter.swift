internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Writes filled chunks as blocks, chunks and payloads, and gives finished variables their payload.
struct ValueWriter: Sendable {
  let checkpointID: Int64
  private var blocks: BlockWriter
  private let variables: NameTable<ValueSpec>
  /// Variables whose value is not what their declaration makes.
  private let assigned: NameSet
  /// What a recipe says that values are which only it is stored of: the value must be the same.
  private let recorded: NameTable<ValueDigest>
  /// Incomplete payloads, with chunks from shares, in whose place whole values come.
  private let partials: NameTable<Int64>
  /// Values whose last chunk has not come yet.
  private var open: NameTable<OpenValue> = [:]
  /// True where variables get their values when all are there, and not one by one.
  private var isPutOff: Bool
  /// The values that wait for it.
  private var waiting: [(FilledVariable, OpenValue?)] = []

  /// A value whose first chunks have come.
  private struct OpenValue {
    /// `nil` for a recipe, which has no chunks in the store.
    let payload: Int64?
    var tree = DigestTree()
  }

  init(
    checkpointID: Int64, isRecipe: Bool, firstTrustedPayload: Int64, variables: [ValueSpec],
    assigned: NameSet = [], recorded: NameTable<ValueDigest> = [:],
    partials: NameTable<Int64> = [:], isPutOff: Bool = false
  ) {
    self.checkpointID = checkpointID
    blocks = BlockWriter(isRecipe: isRecipe, firstTrustedPayload: firstTrustedPayload)
    self.assigned = assigned
    self.recorded = recorded
    self.partials = partials
    self.isPutOff = isPutOff
    self.variables = NameTable(byName: variables.lazy.map { ($0.name, $0) })
  }

  /// Leaves the bytes of all values in the files in which they lie.
  mutating func refer(to references: NameTable<FileLocation>, from path: String) {
    blocks.references = references.mapValues {
      FileLocation(path: PartPath.relative($0.path, to: path), offset: $0.offset)
    }
  }

  /// Stores the chunks of a unit and the variables that they finish.
  mutating func write(_ unit: FilledUnit, _ db: Database) throws {
    let places = try blocks.place(unit.chunks, db)
    var finished = unit.finished[...]
    for (chunk, place) in zip(unit.chunks, places) {
      // Variables without bytes have no chunk and stand between the others.
      while let variable = finished.first, NameKey(variable.name) != NameKey(chunk.variable) {
        try finish(variable, nil, db)
        finished.removeFirst()
      }
      if let variable = finished.first, open[chunk.variable] == nil {
        try finish(variable, (chunk, place), db)
        finished.removeFirst()
      } else {
        try add(chunk, at: place, db)
      }
    }
    for variable in finished { try finish(variable, nil, db) }
  }

  /// Adds a chunk to a value of several; the payload is made with the first one.
  private mutating func add(_ chunk: FilledChunk, at place: BlockWriter.Place?, _ db: Database)
    throws
  {
    var value =
      try open.removeValue(forKey: NameKey(chunk.variable))
      ?? OpenValue(
        payload: blocks.isRecipe ? nil : insertPayload(of: variable(chunk.variable), [], db))
    value.tree.append(chunk.digest)
    if let payload = value.payload { try blocks.insert(chunk, at: place, of: payload, db) }
    open[chunk.variable] = value
  }

  /// Gives a variable its value: the payload just written, or an equal one that was there.
  ///
  /// - Parameter only: The variable's one chunk, where it has no other and is not stored yet.
  /// - Throws: `CheckpointError.Code.otherValue` where a recipe says another value.
  private mutating func finish(
    _ filled: FilledVariable, _ only: (FilledChunk, BlockWriter.Place?)?, _ db: Database
  ) throws {
    guard !isPutOff else { return try putOff(filled, only, db) }
    let variable = variable(filled.name)
    let started = open.removeValue(forKey: NameKey(filled.name))
    let tree = started?.tree ?? DigestTree(chunks: only.map { [$0.0.digest] } ?? [])
    let found = ValueDigest(
      sha256: filled.digest, root: tree.root(byteCount: variable.byteCount))
    if let expected = recorded[filled.name], !expected.agrees(with: found) {
      throw CheckpointError.otherValue(filled.name, expected: expected, found: found)
    }
    let values = filled.columns + tree.columns(root: found.root, isRecipe: blocks.isRecipe)
    let id: Int64
    if let equal = try equalPayload(values, variable, db) {
      if let started = started?.payload {
        try db.run(.deleteChunksOfPayload, ["id": started])
        try db.run(.deletePayload, ["id": started])
      }
      id = equal
    } else if let started = started?.payload {
      try db.statement(.finishPayload).withRows([.integer(started)] + values) { _ in }
      id = started
    } else {
      id = try insertPayload(of: variable, values, db)
      if let only, !blocks.isRecipe { try blocks.insert(only.0, at: only.1, of: id, db) }
    }
    try attach(id, filled, db)
  }

  /// Keeps a value until all are there: its payload is unfinished until then, and nobody's.
  private mutating func putOff(
    _ filled: FilledVariable, _ only: (FilledChunk, BlockWriter.Place?)?, _ db: Database
  ) throws {
    if let (chunk, place) = only { try add(chunk, at: place, db) }
    waiting.append((filled, open.removeValue(forKey: NameKey(filled.name))))
  }

  /// Gives variables the values that were put off.
  mutating func attachPutOff(_ db: Database) throws {
    isPutOff = false
    defer { waiting = [] }
    for (filled, value) in waiting {
      open[filled.name] = value
      try finish(filled, nil, db)
    }
  }

  /// Gives a variable a payload of the same bytes, where there is one.
  ///
  /// - Parameter chunks: All chunks of the value, in order.
  /// - Returns: False where there is none.
  func attachEqual(
    _ filled: FilledVariable, _ chunks: [FilledChunk], _ db: Database
  ) throws -> Bool {
    let variable = variable(filled.name)
    let tree = DigestTree(chunks: chunks.lazy.map(\.digest))
    let root = tree.root(byteCount: variable.byteCount)
    let values = filled.columns + tree.columns(root: root, isRecipe: blocks.isRecipe)
    guard let id = try equalPayload(values, variable, db) else { return false }
    try attach(id, filled, db)
    return true
  }

  private func equalPayload(
    _ values: [StatementValue], _ variable: ValueSpec, _ db: Database
  ) throws -> Int64? {
    try db.equalPayload(
      values, variable, isRecipe: blocks.isRecipe, from: blocks.firstTrustedPayload,
      orElsewhere: !blocks.references.isEmpty)
  }

  private func attach(_ payload: Int64, _ filled: FilledVariable, _ db: Database) throws {
    try db.statement(.attachPayload).withRows(
      [
        .integer(payload), .integer(checkpointID), .text(filled.name),
        .integer(assigned.contains(filled.name) ? 1 : 0),
      ] + filled.verdict.columns
    ) { _ in }
    if let partial = partials[filled.name] { try db.removePartial(payload: partial) }
  }

  private func insertPayload(
    of variable: ValueSpec, _ values: [StatementValue], _ db: Database
  ) throws -> Int64 {
    let spec: [StatementValue] = [
      .text(variable.scalarType.rawValue), .integer(variable.byteCount),
      .integer(blocks.isRecipe ? 1 : 0),
    ]
    // What is not bound is null.
    try db.statement(.insertPayload).withRows(spec + values) { _ in }
    return db.lastInsertedRowID
  }

  private func variable(_ name: String) -> ValueSpec {
    guard let variable = variables[name] else {
      preconditionFailure("only variables that a run is to make are written")
    }
    return variable
  }
}

extension Database {
  /// A payload of the same bytes, recorded with the same columns in all.
  ///
  /// - Parameter values: The columns from `sha256` to `subtrees`, as `finishPayload` takes them.
  /// - Parameter first: The lowest key that is looked at.
  /// - Parameter orElsewhere: Takes also one whose bytes lie in other files.
  func equalPayload(
    _ values: [StatementValue], _ variable: ValueSpec, isRecipe: Bool, from first: Int64 = 0,
    orElsewhere: Bool = false
  ) throws -> Int64? {
    var found: Int64?
    try statement(.findPayload).withRows(
      values + [
        .text(variable.scalarType.rawValue), .integer(variable.byteCount),
        .integer(isRecipe ? 1 : 0), .integer(first), .integer(orElsewhere ? 1 : 0),
      ]
    ) { row in found = row.integer(0) }
    return found
  }
}

extension FilledVariable {
  /// The digest, and the columns of the moments.
  var columns: [StatementValue] { [.bytes(digest.bytes)] + moments.columns(preview: preview) }
}

extension DigestTree {
  /// The columns `root` and `subtrees` of a payload.
  ///
  /// - Parameter root: That of the tree and the number of bytes.
  func columns(root: Digest, isRecipe: Bool) -> [StatementValue] {
    [.bytes(root.bytes), .digests(recordedSubtrees(isRecipe: isRecipe))]
  }
}

extension Moments {
  /// Mean, deviation, minimum, maximum, number of values that are not finite, preview, skew, excess kurtosis.
  func columns(preview: String?) -> [StatementValue] {
    let statistics: [StatementValue] =
      count == 0
      ? [.null, .null, .null, .null]
      : [.real(mean), .real(standardDeviation), .real(minimum), .real(maximum)]
    return statistics + [
      .integer(notFiniteCount), .optional(preview), .optional(skew), .optional(excessKurtosis),
    ]
  }
}
