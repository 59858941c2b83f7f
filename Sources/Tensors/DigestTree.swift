/// The Merkle tree over the SHA-256 digests of a tensor's chunks, built as the chunks come.
///
/// It has the shape of RFC 6962: a leaf is SHA-256 of a zero byte and the chunk's digest, a node SHA-256
/// of the byte 1 and its two children, and of *n* > 1 leaves the left child has the largest power of two
/// below *n*. No leaves have the SHA-256 of no bytes. So 64 chunks in a row, from a multiple of 64 on, are a
/// subtree of their own, and the tree can be finished from the digests of such subtrees.
///
/// - Source: RFC 6962, section 2.1.
public struct DigestTree: Sendable, Hashable {
  /// The digests of the subtrees that are whole, in order.
  private var whole: [Digest] = []
  /// The leaves of the subtree that is not.
  private var leaves: [Digest] = []

  /// A tree without chunks.
  public init() {}

  /// The tree over the digests of all chunks.
  public init(chunks: some Sequence<Digest>) {
    for chunk in chunks { append(chunk) }
  }

  /// A tree of which only the subtrees are known.
  public init(subtrees: [Digest]) { whole = subtrees }

  /// Adds the digest of the next chunk.
  public mutating func append(_ chunk: Digest) {
    leaves.append(.leaf(of: chunk))
    if leaves.count == Chunking.subtreeChunkCount {
      whole.append(Self.root(of: leaves[...]))
      leaves.removeAll(keepingCapacity: true)
    }
  }

  /// The digests of the subtrees: each of 64 chunks, the last of what is left.
  public var subtrees: [Digest] {
    leaves.isEmpty ? whole : whole + [Self.root(of: leaves[...])]
  }

  /// What stands for the whole tensor: SHA-256 of the byte 2, the number of bytes as eight little-endian
  /// bytes, and the tree's top.
  public func root(byteCount: Int) -> Digest {
    var bytes: [UInt8] = [2]
    bytes.reserveCapacity(9 + Digest.byteCount)
    bytes += LittleEndian.bytes(UInt64(bitPattern: Int64(byteCount)))
    Self.root(of: subtrees[...]).write(to: &bytes)
    return Digest(of: bytes)
  }

  private static func root(of nodes: ArraySlice<Digest>) -> Digest {
    guard let first = nodes.first else { return Digest(of: [UInt8]()) }
    guard nodes.count > 1 else { return first }
    var half = 1
    while half < nodes.count - half { half *= 2 }
    let middle = nodes.startIndex + half
    return .node(root(of: nodes[..<middle]), root(of: nodes[middle...]))
  }
}

extension Digest {
  fileprivate static func leaf(of chunk: Digest) -> Digest {
    var bytes: [UInt8] = [0]
    bytes.reserveCapacity(1 + byteCount)
    chunk.write(to: &bytes)
    return Digest(of: bytes)
  }

  fileprivate static func node(_ left: Digest, _ right: Digest) -> Digest {
    var bytes: [UInt8] = [1]
    bytes.reserveCapacity(1 + 2 * byteCount)
    left.write(to: &bytes)
    right.write(to: &bytes)
    return Digest(of: bytes)
  }
}
