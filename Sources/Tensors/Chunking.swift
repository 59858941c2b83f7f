/// How a tensor's bytes are cut into chunks, the unit of filling, hashing and storing.
///
/// The size is part of the store's format: chunk digests depend on it.
public enum Chunking {
  /// 1 MiB: a multiple of every element's size, and small enough to be hashed while in cache.
  public static let chunkByteCount = 1 << 20

  /// The number of chunks of `byteCount` bytes; 0 for no bytes.
  public static func count(ofBytes byteCount: Int) -> Int {
    byteCount / chunkByteCount + (byteCount % chunkByteCount == 0 ? 0 : 1)
  }

  /// The bytes of chunk `number`; the last chunk can be shorter.
  public static func range(ofChunk number: Int, in byteCount: Int) -> Range<Int> {
    let lower = number * chunkByteCount
    return lower..<lower + min(chunkByteCount, byteCount - lower)
  }

  /// 64 MiB of chunks are the smallest part that a recipe has a digest of: 32 bytes for each, half a
  /// megabyte for a terabyte, and what one element costs that is made and checked. A power of two, so that
  /// such a part is a subtree of the tree over all chunks.
  public static let subtreeChunkCount = 64

  /// The number of subtrees of `byteCount` bytes; 0 for no bytes.
  public static func subtreeCount(ofBytes byteCount: Int) -> Int {
    (count(ofBytes: byteCount) + subtreeChunkCount - 1) / subtreeChunkCount
  }

  /// The chunks of subtree `number`; the last can have fewer.
  public static func chunks(ofSubtree number: Int, in byteCount: Int) -> Range<Int> {
    let lower = number * subtreeChunkCount
    return lower..<lower + min(subtreeChunkCount, count(ofBytes: byteCount) - lower)
  }

  /// The bytes of subtree `number`.
  public static func range(ofSubtree number: Int, in byteCount: Int) -> Range<Int> {
    let lower = number * subtreeChunkCount * chunkByteCount
    return lower..<lower + min(subtreeChunkCount * chunkByteCount, byteCount - lower)
  }

  /// The subtrees of `byteCount` bytes that lie in some of these bytes whole.
  public static func subtrees(inside bytes: Range<Int>, of byteCount: Int) -> Range<Int> {
    let length = subtreeChunkCount * chunkByteCount
    let first = bytes.lowerBound / length + (bytes.lowerBound % length == 0 ? 0 : 1)
    // The last one can be shorter.
    let end =
      bytes.upperBound == byteCount ? subtreeCount(ofBytes: byteCount) : bytes.upperBound / length
    return first..<max(first, bytes.isEmpty ? first : end)
  }
}
