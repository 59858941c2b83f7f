internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Adds chunks to variables of which a run, or a merge, has a part.
struct PartialWriter: Sendable {
  let checkpointID: Int64
  private let blocks: BlockWriter
  /// The variables that are not made whole.
  private let variables: NameTable<ValueSpec>
  /// The incomplete payloads that were written to; `nil` for a variable that has got its value meanwhile.
  private var open: NameTable<Int64?> = [:]

  /// - Parameter variables: Those of which a part is written; whole ones are not this writer's.
  init(
    checkpointID: Int64, isRecipe: Bool, firstTrustedPayload: Int64, variables: [ValueSpec]
  ) {
    self.checkpointID = checkpointID
    blocks = BlockWriter(isRecipe: isRecipe, firstTrustedPayload: firstTrustedPayload)
    self.variables = NameTable(byName: variables.lazy.map { ($0.name, $0) })
  }

  /// True where a chunk is of a variable that is not made whole.
  func owns(_ chunk: FilledChunk) -> Bool { variables[chunk.variable] != nil }

  /// Stores a chunk, where the variable still needs it.
  mutating func write(_ chunk: FilledChunk, _ db: Database) throws {
    guard let payload = try payload(of: chunk.variable, db),
      try !db.missingChunks(of: payload, in: chunk.number..<chunk.number + 1).isEmpty
    else { return }
    try db.statement(.unsealPartial).run(.integer(payload))
    let places = try blocks.place([chunk], db)
    try blocks.insert(chunk, at: places[0], of: payload, db)
    guard chunk.number == 0, let variable = variables[chunk.variable] else { return }
    let preview = chunk.storage.withBytes {
      Tensor.preview(of: $0.extracting(chunk.range), as: variable.scalarType)
    }
    try db.statement(.setPreview).run(.integer(payload), .text(preview))
  }

  /// Looks anew what there is: another process has written.
  mutating func forget() { open = [:] }

  /// The incomplete payload that a variable's chunks go to, made where there is none; `nil` where the
  /// variable has its value already.
  mutating func payload(of name: String, _ db: Database) throws -> Int64? {
    if let known = open[name] { return known }
    let found = try db.statement(.partialOfVariable).first(.integer(checkpointID), .text(name)) {
      (
        variable: $0.integer(0), isRecipe: $0.optionalInteger(1).map { $0 != 0 },
        partial: $0.optionalInteger(2)
      )
    }
    guard let found, let variable = variables[name] else {
      preconditionFailure("only variables that are declared are written")
    }
    var payload = found.partial
    let hasValue = found.isRecipe.map { !$0 || blocks.isRecipe } ?? false
    if payload == nil, !hasValue {
      try db.statement(.insertPayload).withRows([
        .text(variable.scalarType.rawValue), .integer(variable.byteCount),
        .integer(blocks.isRecipe ? 1 : 0),
      ]) { _ in }
      let id = db.lastInsertedRowID
      try db.statement(.insertPartial).run(.integer(found.variable), .integer(id))
      try db.statement(.unsealPartial).run(.integer(id))
      payload = id
    }
    open[name] = .some(payload)
    return payload
  }
}
