import Foundation
import TensorMemory
import Tensors
import Testing

struct DigestTreeTests {
  /// The digests of the one-byte messages 0, 1, 2, ….
  private func chunks(_ count: Int) -> [Digest] {
    (0..<count).map { Digest(of: [UInt8($0)]) }
  }

  /// By `top` of the Python code in `Docs/Proofs.md`, with *n* · 1,000,003 as the number of bytes.
  @Test(arguments: [
    (0, "f0c1e0b4cd1983b9c92909f8145cc102993e4c797489c0ba98639fd93056b82f"),
    (1, "52d9b14ccb815d0ffbd9f8320d54fc92a88d78841a3d26c8b8f54eae35f626e2"),
    (2, "1460c7a257e5454db0b9075cb7e9e1c6255f88f4e1595d05c66078867904f256"),
    (3, "a569bd26df5a130ef4dca512744bd6481eae39b82c0cfaab19465655ef9906d2"),
    (5, "0c553696278dc044de51f7f668d7d9a131c47b558a80418410f45f563e29dd6e"),
    (64, "3c4656ee9c74f20dced74a941140a7ace4d601b868ea8a8f914a144e58f92071"),
    (65, "0ba65ed11d424efd95906c5762e41bc29e2ae884fd4d44583a2af63d0b89ac6c"),
    (130, "cdaa3d1a614ba9d1b8ba4f7be510053f54cf15904e5bb96468446a71e86e992c"),
    (200, "94c58fc9e614f1dcb1c65c9a2467d8636970b65938a5b2aa7ae63f1bf5daeb66"),
  ])
  func `trees of many sizes have the documented roots`(count: Int, root: String) {
    #expect(DigestTree(chunks: chunks(count)).root(byteCount: count * 1_000_003).hex == root)
  }

  @Test func `subtrees give the root that the chunks give`() {
    for count in 0...200 {
      let tree = DigestTree(chunks: chunks(count))
      #expect(tree.subtrees.count == (count + 63) / 64)
      let again = DigestTree(subtrees: tree.subtrees)
      #expect(again.root(byteCount: 7) == tree.root(byteCount: 7), "\(count)")
    }
  }

  @Test func `subtrees inside of bytes are those of which every byte is among them`() {
    let length = Chunking.subtreeChunkCount * Chunking.chunkByteCount
    for byteCount in [0, 1, length - 1, length, length + 1, 3 * length + 5] {
      var places: [Int] = [byteCount]
      for border in 0...byteCount / length + 1 {
        for place in border * length - 1...border * length + 1 where (0...byteCount).contains(place)
        {
          places.append(place)
        }
      }
      for lower in places {
        for upper in places where upper >= lower {
          let expected = (0..<Chunking.subtreeCount(ofBytes: byteCount)).filter { number in
            let bytes = Chunking.range(ofSubtree: number, in: byteCount)
            return bytes.lowerBound >= lower && bytes.upperBound <= upper
          }
          #expect(
            Array(Chunking.subtrees(inside: lower..<upper, of: byteCount)) == expected,
            "\(lower)..<\(upper) of \(byteCount)")
        }
      }
    }
  }

  @Test func `a subtree depends on its own chunks alone`() {
    var changed = chunks(200)
    changed[70] = Digest(of: Data())
    let (before, after) = (DigestTree(chunks: chunks(200)), DigestTree(chunks: changed))
    #expect(zip(before.subtrees, after.subtrees).map { $0 == $1 } == [true, false, true, true])
    #expect(before.root(byteCount: 7) != after.root(byteCount: 7))
  }

  @Test func `the number of bytes is part of the root`() {
    let tree = DigestTree(chunks: chunks(3))
    #expect(tree.root(byteCount: 10) != tree.root(byteCount: 11))
  }

  @Test func `a value in parts has the digests of the whole`() {
    let bytes = [UInt8]((0..<(2 << 20) + 5).map { UInt8(truncatingIfNeeded: $0 * 7) })
    var builder = ValueDigestBuilder()
    bytes.withRawSpan { span in
      builder.append(span.extracting(0..<2 << 20))
      builder.append(span.extracting(2 << 20..<bytes.count))
    }
    let chunks = bytes.withRawSpan { span in
      (0..<3).map {
        Digest(of: span.extracting(Chunking.range(ofChunk: $0, in: bytes.count)))
      }
    }
    #expect(
      builder.finish()
        == ValueDigest(
          sha256: Digest(of: bytes), root: DigestTree(chunks: chunks).root(byteCount: bytes.count)))
  }

  @Test func `subtrees cover all chunks and bytes`() {
    for byteCount in [0, 1, 1 << 20, 64 << 20, (64 << 20) + 1, (200 << 20) + 3] {
      let count = Chunking.subtreeCount(ofBytes: byteCount)
      let numbers = (0..<count).map { Chunking.chunks(ofSubtree: $0, in: byteCount) }
      let ranges = (0..<count).map { Chunking.range(ofSubtree: $0, in: byteCount) }
      #expect(numbers.flatMap(\.self) == Array(0..<Chunking.count(ofBytes: byteCount)))
      #expect(ranges.reduce(0) { $0 + $1.count } == byteCount)
      for (chunks, bytes) in zip(numbers, ranges) {
        #expect(bytes.lowerBound == chunks.lowerBound << 20)
        #expect(!chunks.isEmpty && chunks.count <= 64)
      }
    }
  }
}
