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
    return lower..<min(lower + chunkByteCount, byteCount)
  }
}
