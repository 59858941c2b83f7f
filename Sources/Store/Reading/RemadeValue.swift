internal import Filling
internal import TensorMemory
internal import Tensors
public import VariableGraph

/// What makes the elements of one variable again.
public struct RemadeElements: Sendable {
  /// False where they are made all at once.
  public let isElementwise: Bool
  /// Writes any range of elements where `isElementwise`, else all.
  public let source: any ElementSource

  /// A source of elements.
  public init(isElementwise: Bool, source: any ElementSource) {
    self.isElementwise = isElementwise
    self.source = source
  }
}

/// Makes chunks of a stored variable's value again, on all cores, and hashes them.
struct RemadeValue: Sendable {
  let byteCount: Int
  private let width: Int
  private let remade: RemadeElements

  init(of variable: StoredVariable, _ remade: RemadeElements) {
    byteCount = variable.byteCount
    width = variable.scalarType.byteCount
    self.remade = remade
  }

  /// Chunks in memory.
  struct Chunks: Sendable {
    /// Sealed.
    let storage: TensorStorage
    /// The tensor's bytes in it.
    let range: Range<Int>
    /// The chunks' SHA-256, in order.
    let digests: [Digest]
  }

  /// Chunks in a row; all of the tensor where its elements are not made apart, whatever was asked for.
  func chunks(_ numbers: Range<Int>) throws -> Chunks {
    let numbers =
      remade.isElementwise || numbers.isEmpty ? numbers : 0..<Chunking.count(ofBytes: byteCount)
    let start = numbers.lowerBound * Chunking.chunkByteCount
    let end =
      numbers.isEmpty
      ? start : Chunking.range(ofChunk: numbers.upperBound - 1, in: byteCount).upperBound
    let range = start..<end
    let storage = try TensorStorage(byteCount: range.count)
    let digests = try fill(storage, with: numbers, from: range.lowerBound)
    storage.seal()
    return Chunks(storage: storage, range: range, digests: digests)
  }

  /// Fills a storage that begins at byte `start` of the tensor with chunks.
  ///
  /// - Returns: Their digests.
  func fill(_ storage: TensorStorage, with numbers: Range<Int>, from start: Int) throws -> [Digest]
  {
    guard remade.isElementwise, byteCount > 0 else {
      return try storage.fill(0..<byteCount) { span in
        try remade.source.fill(&span, elements: 0..<byteCount / width)
        let bytes = span.bytes
        return numbers.map {
          Digest(of: bytes.extracting(Chunking.range(ofChunk: $0, in: byteCount)))
        }
      }
    }
    return try concurrently(numbers.count) { place in
      let range = Chunking.range(ofChunk: numbers.lowerBound + place, in: byteCount)
      return Result {
        try storage.fill(range.shifted(down: start)) { span in
          try remade.source.fill(
            &span, elements: range.lowerBound / width..<range.upperBound / width)
          return Digest(of: span.bytes)
        }
      }
    }.map { try $0.get() }
  }

  /// Makes all chunks, some at a time, and calls `body` with those of each subtree in order.
  func forEachSubtree(_ body: (Chunks) throws -> Void) throws {
    guard remade.isElementwise else {
      return try body(chunks(0..<Chunking.count(ofBytes: byteCount)))
    }
    for number in 0..<Chunking.subtreeCount(ofBytes: byteCount) {
      try body(chunks(Chunking.chunks(ofSubtree: number, in: byteCount)))
    }
  }
}
