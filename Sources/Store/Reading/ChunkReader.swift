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
  ///
  /// - Parameter file: The part that should have them, in a catalog.
  func damage(of variable: StoredVariable, in file: String? = nil) -> Damage {
    Damage(
      variable: variable.name, part: .chunk(number), expected: digest, found: nil, file: file)
  }
}

extension Database {
  /// The chunks of a variable that reach into `bytes`, in order.
  ///
  /// - Parameter incomplete: The payload to look into, where it is not the variable's value yet.
  func chunks(
    of variable: StoredVariable, covering bytes: Range<Int>, in incomplete: Int64? = nil
  ) throws -> [StoredChunk] {
    guard let payload = incomplete ?? variable.payloadID, !bytes.isEmpty else { return [] }
    let first = bytes.lowerBound / Chunking.chunkByteCount
    let last = (bytes.upperBound - 1) / Chunking.chunkByteCount
    var found: [Int: StoredChunk] = [:]
    try statement(.chunksOfPayload).withRows(
      [.integer(payload), .integer(first), .integer(last)]
    ) { row in
      let number = Int(row.integer(0))
      let range = Chunking.range(ofChunk: number, in: variable.byteCount)
      let digest = Digest(bytes: row.bytes(2))
      // The only chunk is the tensor, and no number stands twice.
      let isPlaced =
        row.integer(1) == range.count && !row.isNull(3) && !row.isNull(4) && found[number] == nil
        && (range.count < variable.byteCount || digest == variable.digest)
      found[number] = StoredChunk(
        number: number, range: range, digest: isPlaced ? digest : nil, block: row.integer(3),
        offset: Int(row.integer(4)))
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
  private let tally: ReadTally
  private let outer: OuterBlocks

  init(_ db: Database, variable: StoredVariable, tally: ReadTally) {
    self.tally = tally
    outer = OuterBlocks(of: db)
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
            ? check([(chunk, Digest(of: span.bytes))]) : [missing(chunk)]
        }
        place += 1
      }
    }
    return damages
  }

  /// Hashes chunks, each alone, and as one where they are all.
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
        guard try read(chunk, into: &span) else { return [missing(chunk)] }
        let damages = check([(chunk, whole.append(digesting: span.bytes))])
        if damages.isEmpty { body(span.bytes, chunk.range.lowerBound) }
        return damages
      }
    }
    let found = whole.finish()
    let isWhole = chunks.count == Chunking.count(ofBytes: variable.byteCount)
    guard damages.isEmpty, isWhole, let expected = variable.digest, found != expected else {
      return damages
    }
    return [Damage(variable: variable.name, part: .whole, expected: expected, found: found)]
  }

  /// Reads chunks one after another, hashes each alone and as the next of the whole, and hands those on that
  /// are what they must be.
  ///
  /// - Parameter whole: The hash of all chunks before.
  /// - Returns: The first damage, where there is one; nothing is handed on from there.
  func forEach(
    _ chunks: [StoredChunk], hashing whole: inout DigestBuilder, from pool: MemoryPool,
    _ body: (StoredChunk, Digest, TensorStorage) throws -> Void
  ) throws -> Damage? {
    for chunk in chunks {
      let isLarge = chunk.range.count > pool.byteCount / 2
      let storage = try TensorStorage(byteCount: chunk.range.count, from: isLarge ? pool : nil)
      let found = try storage.fill(0..<chunk.range.count) { span in
        try read(chunk, into: &span) ? whole.append(digesting: span.bytes) : nil
      }
      guard let found else { return missing(chunk) }
      if let damage = check([(chunk, found)]).first { return damage }
      storage.seal()
      try body(chunk, found, storage)
    }
    return nil
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
          damages.append(missing(chunk))
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
        ? check([(chunk, Digest(of: span.bytes))]) : [missing(chunk)]
    }
    spare.seal()
    spare.withData(in: part.shifted(down: chunk.range.lowerBound)) {
      storage.fill(at: part.lowerBound - wanted.lowerBound, with: $0)
    }
    return damages
  }

  private func missing(_ chunk: StoredChunk) -> Damage {
    chunk.damage(of: variable, in: outer.path(of: chunk.block))
  }

  /// False where the bytes are not there or the file is damaged at them.
  private func read(_ chunk: StoredChunk, into span: inout MutableRawSpan) throws -> Bool {
    guard chunk.digest != nil else { return false }
    do {
      let isThere =
        chunk.block < 0
        ? try outer.read(chunk.block, from: chunk.offset, into: &span)
        : try blob.read(row: chunk.block, from: chunk.offset, into: &span)
      guard isThere else { return false }
      tally.add(span.byteCount)
      return true
    } catch let error as DatabaseError where error.isDamage {
      return false
    }
  }

  private func check(_ found: [(chunk: StoredChunk, digest: Digest)]) -> [Damage] {
    found.compactMap { chunk, digest in
      guard let expected = chunk.digest, expected != digest else { return nil }
      return Damage(
        variable: variable.name, part: .chunk(chunk.number), expected: expected, found: digest,
        file: outer.path(of: chunk.block))
    }
  }
}

extension Range where Bound == Int {
  /// The same range counted from `start`.
  func shifted(down start: Int) -> Range<Int> {
    lowerBound - start..<upperBound - start
  }
}
