import Crypto
import Foundation
import TensorMemory
import Tensors
import Testing

/// The cryptographic library is the reference; where the processor has no instructions for SHA-256,
/// both sides of a comparison are the library's and the tests say nothing more.
struct InstructionSHA256Tests {
  /// Bytes that repeat only after 251.
  private func message(_ count: Int, from first: Int = 0) -> [UInt8] {
    (first..<first + count).map { UInt8($0 * 7 % 251) }
  }

  private func reference(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

  @Test func `every length around three blocks has the library's digest`() {
    for count in 0...200 {
      let bytes = message(count)
      #expect(Digest(of: Data(bytes)).bytes == reference(bytes), "\(count) bytes")
    }
  }

  @Test func `bytes in pieces of any length have the digest of the whole`() {
    let bytes = message(1000)
    for piece in 1...130 {
      var builder = DigestBuilder()
      for lower in stride(from: 0, to: bytes.count, by: piece) {
        builder.append(Data(bytes[lower..<min(lower + piece, bytes.count)]))
      }
      #expect(builder.finish().bytes == reference(bytes), "pieces of \(piece)")
    }
  }

  @Test func `one pass gives the digest of a piece and of all before it`() {
    for size in [1, 63, 64, 65, 128, 4096, 4099] {
      var builder = DigestBuilder()
      var all: [UInt8] = []
      for number in 0..<4 {
        let piece = message(size, from: number * size)
        all += piece
        #expect(builder.append(digesting: piece.span.bytes).bytes == reference(piece))
        #expect(builder.finish().bytes == reference(all), "\(number + 1) pieces of \(size)")
      }
    }
  }

  @Test func `two messages at once have the digests of each`() {
    for first in [0, 1, 55, 56, 64, 119, 120, 640, 1000] {
      for second in [0, 63, 64, 65, 500, 1000] {
        let (a, b) = (message(first), message(second, from: 17))
        let (left, right) = Digest.pair(of: a.span.bytes, and: b.span.bytes)
        #expect(left.bytes == reference(a) && right.bytes == reference(b), "\(first), \(second)")
      }
    }
  }
}
