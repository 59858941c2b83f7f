import Initializers
import RandomSampling
import Tensors
import Testing
import VariableGraph

struct SeedDerivationTests {
  /// Computed apart: hashlib.sha256(b"nascent.seed/1\0" + struct.pack("<q", seed) + name).digest(),
  /// then struct.unpack("<QQ", digest[:16]).
  @Test(
    arguments: [
      (0, "v", 0x3a566f714d182a8a, 0x40c2e6e661eb5470),
      (42, "dense/kernel", 0x380355d59920d052, 0x3026eb174a56a78c),
      (-1, "encoder.λ", 0x87adfad0e0783792, 0x965265c5c73eb149),
      (
        9223372036854775807, String(repeating: "x", count: 100), 0x6eb104ddf4f2cf94,
        0xecd41c340242fd13
      ),
    ] as [(Int64, String, UInt64, UInt64)])
  func `the pair is the first bytes of the documented digest`(
    seed: Int64, name: String, first: UInt64, second: UInt64
  ) {
    #expect(SeedDerivation.pair(graphSeed: seed, name: name) == SeedPair(first, second))
  }

  @Test func `a graph's seed counts only for initializers without their own`() throws {
    func fingerprints(_ seed: Int64) throws -> [Digest] {
      var graph = VariableGraph(seed: seed)
      try graph.declare("own", shape: [3, 3], initializer: .heUniform(seed: 7))
      try graph.declare("graph", shape: [3, 3], initializer: .heUniform())
      try graph.declare("none", shape: [3, 3], initializer: .zeros)
      return graph.fingerprints().map(\.fingerprint)
    }
    let (left, right) = (try fingerprints(1), try fingerprints(2))
    #expect(left[0] == right[0])
    #expect(left[1] != right[1])
    #expect(left[2] == right[2])
  }
}
