internal import Filling
internal import Foundation
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Writes the bytes of chunks as blocks, those that are there already once, and the rows of chunks.
struct BlockWriter: Sendable {
  /// True where only digests are stored.
  let isRecipe: Bool
  /// Payloads from this one on were written by this run; `replace` trusts no others.
  let firstTrustedPayload: Int64

  /// Values whose bytes stay in the files in which they lie, by paths from the store's folder on.
  var references: NameTable<FileLocation> = [:]

  /// Where bytes lie: a block, and the first byte in it.
  typealias Place = (block: Int64, offset: Int)

  /// Finds where each chunk's bytes lie, and stores those that are nowhere yet as one block.
  func place(_ chunks: [FilledChunk], _ db: Database) throws -> [Place?] {
    guard !isRecipe else { return chunks.map { _ in nil } }
    guard references.isEmpty else { return try chunks.map { try reference($0, db) } }
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

  private func reference(_ chunk: FilledChunk, _ db: Database) throws -> Place {
    guard let location = references[chunk.variable] else {
      preconditionFailure("all values of an import are referred to, or none")
    }
    let part = try db.outerPart(location.path)
    return (
      try db.outerBlock(of: part, fileOffset: location.offset),
      chunk.number * Chunking.chunkByteCount
    )
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

  /// Stores the row of a chunk.
  func insert(
    _ chunk: FilledChunk, at place: Place?, of payload: Int64, _ db: Database
  ) throws {
    try db.statement(.insertChunk).run(
      .integer(payload), .integer(chunk.number), .integer(chunk.range.count),
      .bytes(chunk.digest.bytes), .optional(place?.block),
      .optional(place.map { Int64($0.offset) }), chunk.moments.map { .bytes($0.encoded) } ?? .null)
  }
}
