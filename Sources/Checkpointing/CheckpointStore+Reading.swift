internal import Foundation
internal import GRDB
internal import TensorMemory
public import Tensors
public import VariableGraph

extension CheckpointStore {
  /// The checkpoints in the order of their making.
  public func checkpoints() throws -> [CheckpointSummary] {
    try read { db in
      try db.rows(.checkpointSummaries).map { row in
        CheckpointSummary(
          name: row["name"], step: row["step"], seed: row["seed"], dialect: row["dialect"],
          variables: row["variables"], materialized: row["materialized"], bytes: row["bytes"],
          specFingerprint: row["spec_fingerprint"], contentDigest: row["content_digest"],
          createdAt: row["created_at"])
      }
    }
  }

  /// The summary of one checkpoint.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`.
  public func checkpoint(named name: String) throws -> CheckpointSummary {
    let all = try checkpoints()
    guard let found = all.first(where: { $0.name == name }) else {
      throw CheckpointError.unknownCheckpoint(name, known: all.map(\.name))
    }
    return found
  }

  /// The variables and aliases of a checkpoint, in the order of their declaration.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`.
  public func variables(in checkpoint: String) throws -> [StoredVariable] {
    let path = path
    let found = try read { db -> [StoredVariable]? in
      guard let row = try db.row(.findCheckpoint, ["name": checkpoint]) else { return nil }
      let id: Int64 = row["id"]
      return try db.rows(.storedVariables, ["checkpoint": id]).map {
        try StoredVariable(row: $0, path: path)
      }
    }
    if let found { return found }
    throw CheckpointError.unknownCheckpoint(checkpoint, known: try checkpoints().map(\.name))
  }

  /// One variable; an alias gives the variable that it stands for.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`.
  public func variable(_ name: String, in checkpoint: String) throws -> StoredVariable {
    let all = try variables(in: checkpoint)
    guard let named = all.first(where: { $0.name == name }),
      let found = all.first(where: { $0.name == named.aliasOf ?? named.name })
    else { throw CheckpointError.unknownVariable(name, checkpoint: checkpoint) }
    return found
  }

  /// A whole tensor; every chunk is checked against its digest.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownVariable`, `notMaterialized`, `damaged`.
  public func tensor(named name: String, in checkpoint: String = "initial") throws -> Tensor {
    let variable = try variable(name, in: checkpoint)
    return try tensor(of: variable, elements: nil, checkpoint: checkpoint)
  }

  /// Elements `range` of a tensor, row-major, as a vector; only the chunks that hold them are read.
  ///
  /// - Throws: As `tensor`, and `CheckpointError.Code.rangeOutOfBounds`.
  public func slice(
    of name: String, elements range: Range<Int>, in checkpoint: String = "initial"
  ) throws -> Tensor {
    let variable = try variable(name, in: checkpoint)
    guard range.lowerBound >= 0, range.upperBound <= variable.shape.elementCount else {
      throw CheckpointError.rangeOutOfBounds(name, range, count: variable.shape.elementCount)
    }
    return try tensor(of: variable, elements: range, checkpoint: checkpoint)
  }

  /// Reads all elements in their shape, or a range of them as a vector.
  public func tensor(
    of variable: StoredVariable, elements range: Range<Int>?, checkpoint: String
  ) throws -> Tensor {
    guard variable.isMaterialized else {
      throw CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
    }
    let width = variable.scalarType.byteCount
    let elements = range ?? 0..<variable.shape.elementCount
    let wanted = elements.lowerBound * width..<elements.upperBound * width
    let storage = try TensorStorage(byteCount: wanted.count)
    try readChunks(of: variable, covering: wanted) { damage in
      throw CheckpointError.damaged(damage, checkpoint: checkpoint)
    } body: { chunkRange, data in
      let part = chunkRange.clamped(to: wanted)
      let start = part.lowerBound - chunkRange.lowerBound
      storage.fill(
        at: part.lowerBound - wanted.lowerBound,
        with: data.dropFirst(start).prefix(part.count))
    }
    storage.seal()
    return try Tensor(
      shape: range == nil ? variable.shape : .vector(elements.count),
      scalarType: variable.scalarType, storage: storage)
  }

  /// Calls `body` with the place and the bytes of each chunk that reaches into `bytes`, in order, and
  /// `onDamage` instead for a chunk that is missing or has another digest.
  func readChunks(
    of variable: StoredVariable, covering bytes: Range<Int>,
    onDamage: (Damage) throws -> Void, body: (Range<Int>, Data) throws -> Void
  ) throws {
    guard let payload = variable.payloadID, !bytes.isEmpty else { return }
    let first = bytes.lowerBound / Chunking.chunkByteCount
    let last = (bytes.upperBound - 1) / Chunking.chunkByteCount
    let chunks = try read { db in
      try db.rows(.chunksOfPayload, ["payload": payload, "first": first, "last": last]).map { row in
        StoredChunk(
          number: row["number"], byteCount: row["byte_count"], digest: row["sha256"],
          block: row["block_id"], offset: row["block_offset"])
      }
    }
    let byNumber = Dictionary(chunks.map { ($0.number, $0) }) { first, _ in first }
    for number in first...last {
      let range = Chunking.range(ofChunk: number, in: variable.byteCount)
      let expected = byNumber[number].flatMap { Digest(bytes: $0.digest) }
      guard let chunk = byNumber[number], let expected, chunk.byteCount == range.count,
        let block = chunk.block, let offset = chunk.offset,
        let data = try readBlock(block, offset: offset, byteCount: range.count)
      else {
        let unknown = Digest(of: Data())
        try onDamage(
          Damage(variable: variable.name, chunk: number, expected: expected ?? unknown, found: nil))
        continue
      }
      let found = Digest(of: data)
      guard found == expected else {
        try onDamage(
          Damage(variable: variable.name, chunk: number, expected: expected, found: found))
        continue
      }
      try body(range, data)
    }
  }

  /// The bytes of a part of a block; `nil` where it does not have them or cannot be read.
  private func readBlock(_ block: Int64, offset: Int, byteCount: Int) throws -> Data? {
    do {
      let data = try read { db in
        try db.row(.bytesOfBlock, ["block": block, "offset": offset, "bytes": byteCount])
          .map { $0[0] as Data }
      }
      return data?.count == byteCount ? data : nil
    } catch let error as CheckpointError where error.code == .damaged {
      return nil
    }
  }
}

/// Where a chunk lies.
private struct StoredChunk: Sendable {
  let number: Int
  let byteCount: Int
  let digest: Data
  let block: Int64?
  let offset: Int?
}

extension CheckpointStore {
  /// The variables of a graph whose bytes are stored under the same declaration.
  public func materializedNames(
    of graph: VariableGraph, in checkpoint: String
  ) throws -> Set<String> {
    guard try checkpoints().contains(where: { $0.name == checkpoint }) else { return [] }
    let stored = try variables(in: checkpoint).filter(\.isMaterialized)
    let fingerprints = Dictionary(stored.map { ($0.name, $0.fingerprint) }) { first, _ in first }
    return Set(
      graph.fingerprints().filter { fingerprints[$0.name] == $0.fingerprint }.map(\.name))
  }
}
