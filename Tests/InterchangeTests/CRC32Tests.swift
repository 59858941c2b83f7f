import TensorMemory
import TestSupport
import Testing

struct CRC32Tests {
  /// The check values of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC, and of zlib.
  @Test(
    arguments: [
      ("", 0), ("a", 0xE8B7_BE43), ("123456789", 0xCBF4_3926),
      ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ] as [(String, UInt32)])
  func `checksums are those of the standard`(text: String, expected: UInt32) {
    var checksum = CRC32()
    checksum.update(Array(text.utf8).span.bytes)
    #expect(checksum.value == expected)
  }

  @Test func `pieces give the checksum of the whole`() {
    var generator = SeededGenerator(state: 1)
    for round in 0..<200 {
      let bytes = (0..<Int.random(in: 0...100, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let cut = Int.random(in: 0...bytes.count, using: &generator)
      var whole = CRC32()
      whole.update(bytes.span.bytes)
      var pieces = CRC32()
      pieces.update(Array(bytes[..<cut]).span.bytes)
      pieces.update(Array(bytes[cut...]).span.bytes)
      #expect(pieces.value == whole.value, "round \(round)")
    }
  }
}
