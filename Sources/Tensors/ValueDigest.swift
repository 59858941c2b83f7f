/// What tells one value from every other: the digest of its bytes, and the root of its tree of chunks.
public struct ValueDigest: Sendable, Hashable {
  /// The SHA-256 of all bytes, which any other tool gives, too; `nil` where nobody has had all of them, as
  /// of a value whose parts several workers hashed.
  public let sha256: Digest?
  /// The root of the tree over the chunks, which can be checked part by part.
  public let root: Digest

  /// Two digests of the same bytes.
  public init(sha256: Digest?, root: Digest) {
    self.sha256 = sha256
    self.root = root
  }

  /// True where two values are one: their roots, and their digests as far as these are known.
  public func agrees(with other: ValueDigest) -> Bool {
    root == other.root && (sha256 == nil || other.sha256 == nil || sha256 == other.sha256)
  }
}

/// Hashes a value whose bytes come in order, in one pass.
public struct ValueDigestBuilder: Sendable {
  private var whole = DigestBuilder()
  private var tree = DigestTree()
  private var byteCount = 0

  /// Starts with no bytes.
  public init() {}

  /// Adds bytes.
  ///
  /// Every part but the last has a whole number of chunks.
  public mutating func append(_ bytes: RawSpan) {
    precondition(byteCount.isMultiple(of: Chunking.chunkByteCount), "only the last part is broken")
    for number in 0..<Chunking.count(ofBytes: bytes.byteCount) {
      let chunk = bytes.extracting(Chunking.range(ofChunk: number, in: bytes.byteCount))
      tree.append(whole.append(digesting: chunk))
    }
    byteCount += bytes.byteCount
  }

  /// The digests of all bytes so far.
  public func finish() -> ValueDigest {
    ValueDigest(sha256: whole.finish(), root: tree.root(byteCount: byteCount))
  }
}
