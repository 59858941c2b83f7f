public import RandomSampling
internal import Tensors

/// Seeds of variables whose initializers have none of their own.
///
/// The pair is the first 16 bytes of
/// SHA-256("nascent.seed/1" ‖ 0x00 ‖ graph seed ‖ name), read as two little-endian 64-bit numbers.
/// The graph's seed is eight bytes, little-endian two's complement; the name is its UTF-8 bytes.
/// So a variable's values depend on no other variable.
public enum SeedDerivation {
  /// The pair for the variable of that name.
  public static func pair(graphSeed: Int64, name: String) -> SeedPair {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24 + name.utf8.count)
    bytes.append(contentsOf: "nascent.seed/1\0".utf8)
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: graphSeed >> Int64(shift)))
    }
    bytes.append(contentsOf: name.utf8)
    let words = Digest(of: bytes).words
    return SeedPair(words[0].byteSwapped, words[1].byteSwapped)
  }
}
