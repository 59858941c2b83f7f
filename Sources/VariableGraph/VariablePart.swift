internal import Tensors

/// Some chunks of a variable's value that lie one after another, or all of it.
public struct VariablePart: Sendable {
  /// The variable.
  public let variable: Variable
  /// The numbers of the chunks; none for a value without bytes.
  public let chunks: Range<Int>

  /// Chunks of a variable that has them.
  public init(_ variable: Variable, chunks: Range<Int>) {
    precondition(
      chunks.lowerBound >= 0 && chunks.upperBound <= Chunking.count(ofBytes: variable.byteCount),
      "a part has only chunks that its variable has")
    self.variable = variable
    self.chunks = chunks
  }

  /// All of a variable.
  public init(_ variable: Variable) {
    self.init(variable, chunks: 0..<Chunking.count(ofBytes: variable.byteCount))
  }

  /// True where it is the whole value.
  public var isWhole: Bool { chunks.count == Chunking.count(ofBytes: variable.byteCount) }

  /// Its bytes in the value.
  public var bytes: Range<Int> {
    guard let last = chunks.last else { return 0..<0 }
    let end = Chunking.range(ofChunk: last, in: variable.byteCount).upperBound
    return chunks.lowerBound * Chunking.chunkByteCount..<end
  }
}
