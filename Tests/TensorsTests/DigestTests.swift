import Foundation
import Tensors
import Testing

struct DigestTests {
  /// FIPS 180-4's example "abc".
  private let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func `known messages have the digests of the standard`() {
    #expect(Digest(of: Data("abc".utf8)).hex == abc)
    #expect(
      Digest(of: Data()).hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func `pieces give the digest of the whole`() {
    var builder = DigestBuilder()
    for piece in ["a", "", "bc"] { builder.append(Data(piece.utf8)) }
    #expect(builder.finish().hex == abc)
    #expect(DigestBuilder().finish() == Digest(of: Data()))
  }

  @Test func `hexadecimal digits read back`() throws {
    #expect(try Digest(hex: abc) == Digest(of: Data("abc".utf8)))
    #expect(try Digest(hex: abc.uppercased()).hex == abc)
    #expect(try Digest(hex: abc).description == abc)
  }

  @Test func `32 bytes read back and other numbers are refused`() throws {
    let digest = try Digest(hex: abc)
    #expect(Digest(bytes: digest.bytes) == digest)
    #expect(Digest(bytes: digest.data) == digest)
    #expect(Digest(bytes: digest.bytes.dropLast()) == nil)
    #expect(Digest(bytes: digest.bytes + [0]) == nil)
  }

  @Test func `digests are ordered by bytes`() throws {
    let digests = try ["ff", "00", "7f"].map {
      try Digest(hex: $0 + String(repeating: "0", count: 62))
    }
    #expect(digests.sorted().map { $0.hex.prefix(2) } == ["00", "7f", "ff"])
    #expect(!(digests[0] < digests[0]))
  }

  @Test func `text that is not a digest is refused with its beginning`() {
    let error = #expect(throws: TensorError.self) { try Digest(hex: "12ab") }
    #expect(error?.code == .malformedDigest)
    #expect(
      error?.message == """
        "12ab" is not a SHA-256 digest: it needs 64 hexadecimal digits.
        Copy the whole digest.
        """)
  }

  @Test(arguments: [
    "", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
    String(repeating: "g", count: 64), String(repeating: "0", count: 64) + " ",
    String(repeating: "0", count: 1 << 20),
  ])
  func `a digest needs exactly 64 digits`(text: String) {
    let error = #expect(throws: TensorError.self) { try Digest(hex: text) }
    #expect(error?.code == .malformedDigest)
    #expect((error?.message.utf8.count ?? 0) < 300)
  }

  @Test func `full-width digits are no hexadecimal digits`() {
    #expect(throws: TensorError.self) { try Digest(hex: String(repeating: "０", count: 64)) }
  }
}
