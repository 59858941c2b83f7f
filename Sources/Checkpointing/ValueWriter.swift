internal import Foundation
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Writes filled chunks as blocks, chunks and payloads, and gives finished variables their payload.
struct ValueWriter: Sendable {
  let checkpointID: Int64
  let isRecipe: Bool
  /// Payloads from this one on were written by this run; `replace` trusts no others.
  let firstTrustedPayload: Int64
  private let variables: [String: Variable]
  /// Variables whose value is not what their declaration makes.
  private let assigned: Set<String>
  /// Payloads whose last chunk has not come yet.
  private var open: [String: Int64] = [:]

  init(
    checkpointID: Int64, isRecipe: Bool, firstTrustedPayload: Int64, variables: [Variable],
    assigned: Set<String> = []
  ) {
    self.checkpointID = checkpointID
    self.isRecipe = isRecipe
    self.firstTrustedPayload = firstTrustedPayload
    self.assigned = assigned
    self.variables = Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0) })
  }

  /// Stores the chunks of a unit and the variables that they finish.
  mutating func write(_ unit: FilledUnit, _ db: Database) throws {
    let places = try place(unit.chunks, db)
    var finished = unit.finished[...]
    for (chunk, place) in zip(unit.chunks, places) {
      // Variables without bytes have no chunk and stand between the others.
      while let variable = finished.first, variable.name != chunk.variable {
        try finish(variable, nil, db)
        finished.removeFirst()
      }
      if let variable = finished.first, open[chunk.variable] == nil {
        try finish(variable, (chunk, place), db)
        finished.removeFirst()
      } else {
        try insert(chunk, at: place, of: try openPayload(of: chunk.variable, db), db)
      }
    }
    for variable in finished { try finish(variable, nil, db) }
  }

  private typealias Place = (block: Int64, offset: Int)

  /// Finds where each chunk's bytes lie, and stores those that are nowhere yet as one block.
  private func place(_ chunks: [FilledChunk], _ db: Database) throws -> [Place?] {
    guard !isRecipe else { return chunks.map { _ in nil } }
    var places = [Place?](repeating: nil, count: chunks.count)
    var fresh: [Int] = []
    var freshByDigest: [Digest: Int] = [:]
    let find = try db.statement(.findChunk)
    for (index, chunk) in chunks.enumerated() where freshByDigest[chunk.digest] == nil {
      places[index] = try find.first(
        .bytes(chunk.digest.bytes), .integer(chunk.range.count), .integer(firstTrustedPayload)
      ) { ($0.integer(0), Int($0.integer(1))) }
      if places[index] == nil {
        freshByDigest[chunk.digest] = fresh.count
        fresh.append(index)
      }
    }
    guard !fresh.isEmpty else { return places }
    let offsets = try insertBlock(fresh.map { chunks[$0] }, db)
    let block = db.lastInsertedRowID
    for (index, chunk) in chunks.enumerated() where places[index] == nil {
      if let number = freshByDigest[chunk.digest] { places[index] = (block, offsets[number]) }
    }
    return places
  }

  /// Stores chunks one behind the other; those that lie so in one buffer, a few bytes apart, as they are.
  ///
  /// - Returns: Where each begins.
  private func insertBlock(_ chunks: [FilledChunk], _ db: Database) throws -> [Int] {
    let insert = try db.statement(.insertBlock)
    let (first, last) = (chunks[0], chunks[chunks.count - 1])
    let run = first.range.lowerBound..<last.range.upperBound
    let byteCount = chunks.reduce(0) { $0 + $1.range.count }
    // Chunks of a batch are aligned to 8 bytes: a larger gap is one that is stored already.
    if run.count - byteCount < 8 * chunks.count,
      chunks.allSatisfy({ $0.storage === first.storage })
    {
      try first.storage.withBytes { try insert.run(bytes: $0.extracting(run)) }
      return chunks.map { $0.range.lowerBound - run.lowerBound }
    }
    var offsets: [Int] = []
    var bytes = Data()
    bytes.reserveCapacity(byteCount)
    for chunk in chunks {
      offsets.append(bytes.count)
      chunk.storage.withData(in: chunk.range) { bytes.append($0) }
    }
    try insert.run(bytes: bytes.bytes)
    return offsets
  }

  private func insert(
    _ chunk: FilledChunk, at place: Place?, of payload: Int64, _ db: Database
  ) throws {
    try db.statement(.insertChunk).run(
      .integer(payload), .integer(chunk.number), .integer(chunk.range.count),
      .bytes(chunk.digest.bytes), .optional(place?.block), .optional(place.map { Int64($0.offset) })
    )
  }

  /// The payload that a variable's chunks go to; made with its first chunk.
  private mutating func openPayload(of name: String, _ db: Database) throws -> Int64 {
    if let id = open[name] { return id }
    let id = try insertPayload(of: variable(name), nil, db)
    open[name] = id
    return id
  }

  /// Gives a variable its value: the payload just written, or an equal one that was there.
  ///
  /// - Parameter only: The variable's one chunk, where it has no other and is not stored yet.
  private mutating func finish(
    _ filled: FilledVariable, _ only: (FilledChunk, Place?)?, _ db: Database
  ) throws {
    let variable = variable(filled.name)
    let started = open.removeValue(forKey: filled.name)
    let id: Int64
    if let equal = try equalPayload(filled, db) {
      if let started {
        try db.run(.deleteChunksOfPayload, ["id": started])
        try db.run(.deletePayload, ["id": started])
      }
      id = equal
    } else if let started {
      try db.statement(.finishPayload).withRows([.integer(started)] + values(of: filled)) { _ in }
      id = started
    } else {
      id = try insertPayload(of: variable, filled, db)
      if let only { try insert(only.0, at: only.1, of: id, db) }
    }
    try attach(id, filled, db)
  }

  /// Gives a variable a payload of the same bytes, where there is one.
  ///
  /// - Returns: False where there is none.
  func attachEqual(_ filled: FilledVariable, _ db: Database) throws -> Bool {
    guard let id = try equalPayload(filled, db) else { return false }
    try attach(id, filled, db)
    return true
  }

  private func equalPayload(_ filled: FilledVariable, _ db: Database) throws -> Int64? {
    try db.statement(.findPayload).first(
      .bytes(filled.digest.bytes), .text(variable(filled.name).scalarType.rawValue),
      .integer(isRecipe ? 1 : 0), .integer(firstTrustedPayload)
    ) { $0.integer(0) }
  }

  private func attach(_ payload: Int64, _ filled: FilledVariable, _ db: Database) throws {
    let verdict = filled.check?.verdict ?? .notChecked
    try db.statement(.attachPayload).run(
      .integer(payload), .integer(checkpointID), .text(filled.name),
      .integer(assigned.contains(filled.name) ? 1 : 0), .text(verdict.rawValue),
      .optional(filled.check?.reason))
  }

  private func insertPayload(
    of variable: Variable, _ filled: FilledVariable?, _ db: Database
  ) throws -> Int64 {
    let spec: [StatementValue] = [
      .text(variable.scalarType.rawValue), .integer(variable.byteCount),
      .integer(isRecipe ? 1 : 0),
    ]
    // What is not bound is null.
    try db.statement(.insertPayload).withRows(spec + (filled.map(values) ?? [])) { _ in }
    return db.lastInsertedRowID
  }

  /// Digest, mean, deviation, minimum, maximum, number of values that are not finite, preview, skew,
  /// excess kurtosis.
  private func values(of filled: FilledVariable) -> [StatementValue] {
    let moments = filled.moments
    let statistics: [StatementValue] =
      moments.count == 0
      ? [.null, .null, .null, .null]
      : [
        .real(moments.mean), .real(moments.standardDeviation), .real(moments.minimum),
        .real(moments.maximum),
      ]
    return [.bytes(filled.digest.bytes)] + statistics + [
      .integer(moments.notFiniteCount), .text(filled.preview), .optional(moments.skew),
      .optional(moments.excessKurtosis),
    ]
  }

  private func variable(_ name: String) -> Variable {
    guard let variable = variables[name] else {
      preconditionFailure("only variables that a run is to make are written")
    }
    return variable
  }
}
