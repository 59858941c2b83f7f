internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Where a chunk of a payload lies, and what it must be.
struct StoredChunk: Sendable {
  /// The number of the chunk.
  let number: Int
  /// Its bytes in the tensor.
  let range: Range<Int>
  /// The recorded digest; `nil` where the chunk is not recorded as it must be.
  let digest: Digest?
  let block: Int64
  let offset: Int

  /// What is said where the bytes are not there.
  func damage(of variable: StoredVariable) -> Damage {
    Damage(
      variable: variable.name, chunk: number, expected: digest ?? DigestBuilder().finish(),
      found: nil)
  }
}

extension Database {
  /// The chunks of a variable that reach into `bytes`, in order.
  func chunks(of variable: StoredVariable, covering bytes: Range<Int>) throws -> [StoredChunk] {
    guard let payload = variable.payloadID, !bytes.isEmpty else { return [] }
    let first = bytes.lowerBound / Chunking.chunkByteCount
    let last = (bytes.upperBound - 1) / Chunking.chunkByteCount
    var found: [Int: StoredChunk] = [:]
    try statement(.chunksOfPayload).withRows(
      [.integer(payload), .integer(first), .integer(last)]
    ) { row in
      let number = Int(row.integer(0))
      let range = Chunking.range(ofChunk: number, in: variable.byteCount)
      let isPlaced = row.integer(1) == range.count && !row.isNull(3) && !row.isNull(4)
      found[number] = StoredChunk(
        number: number, range: range, digest: isPlaced ? Digest(bytes: row.bytes(2)) : nil,
        block: row.integer(3), offset: Int(row.integer(4)))
    }
    var chunks: [StoredChunk] = []
    var missingCount = 0
    for number in first...last {
      if missingCount == Self.maximumMissingCount { break }
      if let chunk = found[number] {
        chunks.append(chunk)
      } else {
        missingCount += 1
        chunks.append(
          StoredChunk(
            number: number, range: Chunking.range(ofChunk: number, in: variable.byteCount),
            digest: nil, block: 0, offset: 0))
      }
    }
    return chunks
  }

  /// How many missing chunks are named: a size that lies may ask for more than there is memory.
  private static let maximumMissingCount = 1000
}

/// Reads chunks over one connection and checks them, two at a time: two digests take the time of one.
struct ChunkReader {
  private let blob: BlobReader
  private let variable: StoredVariable

  init(_ db: Database, variable: StoredVariable) {
    blob = BlobReader(db, table: "block", column: "bytes")
    self.variable = variable
  }

  /// Fills a storage that stands for the bytes `wanted` of the tensor.
  ///
  /// - Returns: The chunks that are missing or have another digest.
  /// - Throws: `DatabaseError`, `TensorMemoryError`.
  func fill(
    _ storage: TensorStorage, with chunks: ArraySlice<StoredChunk>, wanted: Range<Int>
  ) throws -> [Damage] {
    var damages: [Damage] = []
    var place = chunks.startIndex
    while place < chunks.endIndex {
      let chunk = chunks[place]
      if !wanted.contains(chunk.range) {
        damages += try fillPart(storage, with: chunk, wanted: wanted)
        place += 1
      } else if place + 1 < chunks.endIndex, wanted.contains(chunks[place + 1].range) {
        damages += try fillPair(storage, with: chunk, chunks[place + 1], from: wanted.lowerBound)
        place += 2
      } else {
        damages += try storage.fill(chunk.range.shifted(down: wanted.lowerBound)) { span in
          try read(chunk, into: &span)
            ? check([(chunk, Digest(of: span.bytes))]) : [chunk.damage(of: variable)]
        }
        place += 1
      }
    }
    return damages
  }

  /// Hashes all chunks, each alone and all as one.
  ///
  /// - Returns: The damages of chunks, and of the whole where there are none of chunks.
  func verify(_ chunks: [StoredChunk]) throws -> [Damage] {
    try forEach(chunks) { _, _ in }
  }

  /// The same, and shows the bytes of each intact chunk to a scanner.
  func scan(_ chunks: [StoredChunk], with scanner: inout some ValueScanner) throws -> [Damage] {
    try forEach(chunks) { bytes, offset in scanner.add(bytes, at: offset) }
  }

  private func forEach(
    _ chunks: [StoredChunk], _ body: (RawSpan, Int) -> Void
  ) throws -> [Damage] {
    var damages: [Damage] = []
    var whole = DigestBuilder()
    for chunk in chunks {
      let storage = try TensorStorage(byteCount: chunk.range.count)
      damages += try storage.fill(0..<chunk.range.count) { span in
        guard try read(chunk, into: &span) else { return [chunk.damage(of: variable)] }
        let damages = check([(chunk, whole.append(digesting: span.bytes))])
        if damages.isEmpty { body(span.bytes, chunk.range.lowerBound) }
        return damages
      }
    }
    let found = whole.finish()
    guard damages.isEmpty, let expected = variable.digest, found != expected else {
      return damages
    }
    return [Damage(variable: variable.name, chunk: nil, expected: expected, found: found)]
  }

  /// Two neighbours that are wanted whole.
  private func fillPair(
    _ storage: TensorStorage, with first: StoredChunk, _ second: StoredChunk, from start: Int
  ) throws -> [Damage] {
    let both = (first.range.lowerBound..<second.range.upperBound).shifted(down: start)
    return try storage.fill(both) { span in
      var damages: [Damage] = []
      var readable: [StoredChunk] = []
      for chunk in [first, second] {
        var part = span._mutatingExtracting(chunk.range.shifted(down: first.range.lowerBound))
        if try read(chunk, into: &part) {
          readable.append(chunk)
        } else {
          damages.append(chunk.damage(of: variable))
        }
      }
      let bytes = span.bytes
      func content(_ chunk: StoredChunk) -> Range<Int> {
        chunk.range.shifted(down: first.range.lowerBound)
      }
      if readable.count == 2 {
        let (a, b) = Digest.pair(
          of: bytes.extracting(content(first)), and: bytes.extracting(content(second)))
        return check([(first, a), (second, b)])
      }
      return damages
        + check(readable.map { ($0, Digest(of: bytes.extracting(content($0)))) })
    }
  }

  /// A chunk of which only a part is wanted: it is read whole, because its digest is of the whole.
  private func fillPart(
    _ storage: TensorStorage, with chunk: StoredChunk, wanted: Range<Int>
  ) throws -> [Damage] {
    let part = chunk.range.clamped(to: wanted)
    let spare = try TensorStorage(byteCount: chunk.range.count)
    let damages = try spare.fill(0..<chunk.range.count) { span in
      try read(chunk, into: &span)
        ? check([(chunk, Digest(of: span.bytes))]) : [chunk.damage(of: variable)]
    }
    spare.seal()
    spare.withData(in: part.shifted(down: chunk.range.lowerBound)) {
      storage.fill(at: part.lowerBound - wanted.lowerBound, with: $0)
    }
    return damages
  }

  /// False where the bytes are not there or the file is damaged at them.
  private func read(_ chunk: StoredChunk, into span: inout MutableRawSpan) throws -> Bool {
    guard chunk.digest != nil else { return false }
    do {
      return try blob.read(row: chunk.block, from: chunk.offset, into: &span)
    } catch let error as DatabaseError where error.isDamage {
      return false
    }
  }

  private func check(_ found: [(chunk: StoredChunk, digest: Digest)]) -> [Damage] {
    found.compactMap { chunk, digest in
      guard let expected = chunk.digest, expected != digest else { return nil }
      return Damage(
        variable: variable.name, chunk: chunk.number, expected: expected, found: digest)
    }
  }
}

extension Range where Bound == Int {
  /// The same range counted from `start`.
  fileprivate func shifted(down start: Int) -> Range<Int> {
    lowerBound - start..<upperBound - start
  }
}
