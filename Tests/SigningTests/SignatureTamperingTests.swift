import Crypto
import Foundation
import Nascent
import TestSupport
import Testing

/// Nothing of a signature and of what it signs can be changed unseen.
struct SignatureTamperingTests {
  private static let type = "application/vnd.in-toto+json"

  private let folder: TemporaryFolder
  private let model: String
  private let key: VerifyingKey
  /// The bundle that model_signing made, as text.
  private let bundle: String

  init() throws {
    folder = try TemporaryFolder()
    model = try SigningVector.copyModel(to: folder)
    key = try SigningVector.verifyingKey()
    bundle = String(decoding: try SigningVector.data("folder.sig"), as: UTF8.self)
  }

  // MARK: - Files

  private func problems(ignoring ignored: [String] = []) throws -> [String] {
    let signed = try statement(bundle)
    let files = try ModelFiles(at: [model], ignoring: signed.ignoredPaths + ignored)
    return try signed.problems(with: files).map { "\($0.kind) \($0.name)" }
  }

  private func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(model)/\(name)"))
  }

  @Test func `a changed byte of a file is named`() throws {
    var bytes = Array(try Data(contentsOf: URL(filePath: "\(model)/a.bin")))
    bytes[200] ^= 1
    try write(bytes, to: "a.bin")
    #expect(try problems() == ["changed a.bin"])
  }

  @Test func `a file that was cut or grew is named`() throws {
    try write([1], to: "empty")
    try write([], to: "sub-c")
    #expect(try problems() == ["changed empty", "changed sub-c"])
  }

  @Test func `a file that is missing and one that is there besides are named`() throws {
    try FileManager.default.moveItem(atPath: "\(model)/sub/b.bin", toPath: "\(model)/sub/c.bin")
    #expect(try problems() == ["missing sub/b.bin", "unsigned sub/c.bin"])
  }

  @Test func `two files that changed places are named`() throws {
    let a = try Data(contentsOf: URL(filePath: "\(model)/a.bin"))
    let b = try Data(contentsOf: URL(filePath: "\(model)/sub/b.bin"))
    try write(Array(b), to: "a.bin")
    try write(Array(a), to: "sub/b.bin")
    #expect(try problems() == ["changed a.bin", "changed sub/b.bin"])
  }

  @Test func `only what the signature leaves out is left out`() throws {
    try write([1], to: ".gitignore")
    #expect(try problems().isEmpty)
    try write([1], to: ".gitignored")
    #expect(try problems() == ["unsigned .gitignored"])
    #expect(try problems(ignoring: ["sub"]) == ["missing sub/b.bin", "unsigned .gitignored"])
  }

  @Test func `a name of the same letters in other bytes is another name`() throws {
    try FileManager.default.removeItem(atPath: "\(model)/é 重み")
    try write(Array("é".utf8), to: "e\u{301} 重み")
    let found = try problems()
    // A file system that takes both for one name gives back the one that was signed, or the other.
    #expect(found.isEmpty || found.map { $0.prefix(7) } == ["missing", "unsigne"])
    #if os(Linux)
      #expect(found.count == 2)
    #endif
  }

  // MARK: - Bundles

  private func statement(_ text: String, signedBy key: VerifyingKey? = nil) throws
    -> SignedStatement
  {
    try SignatureBundle(parsing: Data(text.utf8), file: "s.sig").statement(
      signedBy: key ?? self.key)
  }

  private func expect(
    _ code: SigningError.Code, _ text: String, signedBy key: VerifyingKey? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try statement(text, signedBy: key)
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch {
      #expect((error as? SigningError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
  }

  /// The recorded bundle's payload, or the signature in it.
  private func base64(_ member: String) throws -> String {
    let match = try #require(
      bundle.firstMatch(
        of: try Regex("\"\(member)\":\"([^\"]*)\"", as: (Substring, Substring).self)))
    return String(match.1)
  }

  @Test func `another key is refused, with and without a hint`() throws {
    let other = try VerifyingKey(
      pem: SigningVector.data("other-public.pem"), file: "other-public.pem")
    expect(.invalidSignature, bundle, signedBy: other)
    let anonymous = bundle.replacing("\"hint\":\"\(key.hint)\"", with: "\"hint\":null")
    #expect(try statement(anonymous) == statement(bundle))
    expect(.invalidSignature, anonymous, signedBy: other)
    expect(.invalidSignature, bundle.replacing(key.hint, with: other.hint))
    expect(.invalidSignature, bundle.replacing(key.hint, with: other.hint), signedBy: other)
  }

  @Test func `another payload type is refused`() {
    expect(.invalidSignature, bundle.replacing(Self.type, with: "application/vnd.in-toto+jsom"))
  }

  @Test func `a changed payload is refused`() throws {
    let text = try base64("payload")
    let payload = try #require(Data(base64Encoded: text))
    for (old, new) in [("a.bin", "b.bin"), ("model", "modem"), ("\n", " ")] {
      let changed = Data(String(decoding: payload, as: UTF8.self).replacing(old, with: new).utf8)
      expect(.invalidSignature, bundle.replacing(text, with: changed.base64EncodedString()))
    }
  }

  @Test func `a signature that is cut, longer, padded or of zeros is refused`() throws {
    let text = try base64("sig")
    let signature = try #require(Data(base64Encoded: text))
    var zeros: [Data] = [Data(), Data([0x30, 0]), Data([0x30, 6, 2, 1, 0, 2, 1, 0])]
    zeros += (0..<signature.count).map { signature.prefix($0) }
    zeros += [signature + [0], Data([0x30, 0x81]) + signature.dropFirst()]
    for other in zeros {
      expect(.invalidSignature, bundle.replacing(text, with: other.base64EncodedString()))
    }
  }

  @Test func `one flipped bit in each byte of a bundle is refused or changes nothing`() throws {
    let signed = try statement(bundle)
    var refused = 0
    for place in bundle.utf8.indices.map({ bundle.utf8.distance(from: bundle.startIndex, to: $0) })
    {
      var bytes = Array(bundle.utf8)
      bytes[place] ^= UInt8(1 << (place % 7))
      do {
        let bundle = try SignatureBundle(parsing: Data(bytes), file: "s.sig")
        #expect(try bundle.statement(signedBy: key) == signed)
      } catch is SigningError {
        refused += 1
      }
    }
    #expect(refused > bundle.utf8.count * 9 / 10)
  }

  @Test func `a bundle that ends early is refused`() {
    for count in 0..<bundle.utf8.count {
      expect(.malformedBundle, String(decoding: bundle.utf8.prefix(count), as: UTF8.self))
    }
  }

  @Test func `members of other kinds, twice, deep or huge are refused`() {
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    let cases: [(String, String)] = [
      ("\"keyid\":\"\"", "\"keyid\":\"\",\"sig\":\"\""),
      ("\"tlogEntries\":[]", "\"tlogEntries\":\(deep)"),
      ("\"payloadType\":\"\(Self.type)\"", "\"payloadType\":7"),
      ("\"hint\":\"\(key.hint)\"", "\"hint\":[]"),
      ("\"keyid\":\"\"}", "\"keyid\":\"\"},{\"sig\":\"\",\"keyid\":\"\"}"),
      ("\"sig\":\"", "\"sig\":\"*"),
      ("\"dsseEnvelope\":{", "\"dsseEnvelope\":{},\"messageSignature\":{"),
      ("{\"mediaType\"", "[{\"mediaType\""),
    ]
    for (old, new) in cases {
      #expect(bundle.contains(old), "\(old)")
      expect(.malformedBundle, bundle.replacing(old, with: new))
    }
    expect(.malformedBundle, bundle + String(repeating: " ", count: 16 << 20))
    expect(.malformedBundle, "")
    expect(.unsupportedBundle, bundle.replacing("bundle.v0.3", with: "bundle.v0.2"))
    expect(.unsupportedBundle, bundle.replacing("\"publicKey\"", with: "\"certificate\""))
  }

  // MARK: - What the right key signed

  /// A bundle of any payload that the right key signed.
  private func signed(_ payload: String, type: String = Self.type) throws -> String {
    let pem = String(decoding: try SigningVector.data("pkcs8.pem"), as: UTF8.self)
    let key = try P256.Signing.PrivateKey(pemRepresentation: pem)
    let payload = Data(payload.utf8)
    let message =
      Data("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    let signature = try key.signature(for: message).derRepresentation.base64EncodedString()
    return try bundle.replacing(base64("payload"), with: payload.base64EncodedString())
      .replacing(base64("sig"), with: signature).replacing(Self.type, with: type)
  }

  private static let digest = String(repeating: "ab", count: 32)
  /// The digest of that digest's bytes, and of that digest twice.
  private static let root = Digest(of: [UInt8](repeating: 0xAB, count: 32)).hex
  private static let rootOfTwo = Digest(of: [UInt8](repeating: 0xAB, count: 64)).hex

  private static let payload = """
    {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"m","digest":{"sha256":"\(root)"}}],\
    "predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"files",\
    "hash_type":"sha256","allow_symlinks":false},"resources":[{"name":"f","algorithm":"sha256",\
    "digest":"\(digest)"}]}}
    """

  @Test func `a statement of the least is read`() throws {
    #expect(try statement(signed(Self.payload)).resources.map(\.name) == ["f"])
  }

  @Test func `a payload that says it in another way is refused, whoever signed it`() throws {
    let f = "{\"name\":\"f\",\"algorithm\":\"sha256\",\"digest\":\"\(Self.digest)\"}"
    let malformed: [(String, String)] = [
      (Self.root, Self.digest),
      (f, ""),
      (f, "\(f),\(f)"),
      ("\"name\":\"f\"", "\"name\":\"../f\""),
      ("\"name\":\"f\"", "\"name\":\"/f\""),
      ("\"name\":\"f\"", "\"name\":\"a//f\""),
      ("\"name\":\"f\"", "\"name\":\"./f\""),
      ("\"name\":\"f\"", "\"name\":\"\""),
      ("\"name\":\"f\"", "\"name\":\"f\\u0000\""),
      ("\"subject\":[", "\"subject\":[{\"name\":\"n\",\"digest\":{}},"),
      ("\"digest\":\"ab", "\"digest\":\"zb"),
      ("\"digest\":\"ab", "\"digest\":\""),
      ("\"_type\":", "\"_type\":\"x\",\"_type\":"),
      ("{\"_type\"", "[{\"_type\""),
      ("\"resources\":", "\"nascent\":{\"format\":\"nascent.checkpoint/1\"},\"resources\":"),
    ]
    for (old, new) in malformed {
      #expect(Self.payload.contains(old), "\(old)")
      expect(.malformedBundle, try signed(Self.payload.replacing(old, with: new)))
    }
    let twice = Self.payload.replacing(f, with: "\(f),\(f)")
    expect(.malformedBundle, try signed(twice.replacing(Self.root, with: Self.rootOfTwo)))
    let unsupported: [(String, String)] = [
      ("Statement/v1", "Statement/v0.1"),
      ("signature/v1.0", "signature/v2.0"),
      ("https://model_signing/signature/v1.0", "https://slsa.dev/provenance/v1"),
      ("\"method\":\"files\"", "\"method\":\"shards\""),
      ("\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\""),
      ("\"algorithm\":\"sha256\"", "\"algorithm\":\"blake3\""),
      ("\"allow_symlinks\":false", "\"allow_symlinks\":true"),
      ("\"resources\":", "\"nascent\":{\"format\":\"nascent.checkpoint/9\"},\"resources\":"),
    ]
    for (old, new) in unsupported {
      #expect(Self.payload.contains(old), "\(old)")
      expect(.unsupportedBundle, try signed(Self.payload.replacing(old, with: new)))
    }
    expect(.unsupportedBundle, try signed(Self.payload, type: "text/plain"))
  }

  @Test func `files in another order have another subject`() throws {
    let f = "{\"name\":\"f\",\"algorithm\":\"sha256\",\"digest\":\"\(Self.digest)\"}"
    let other = Digest(of: [1, 2, 3])
    let g = "{\"name\":\"g\",\"algorithm\":\"sha256\",\"digest\":\"\(other.hex)\"}"
    let root = Digest(of: [UInt8](repeating: 0xAB, count: 32) + other.bytes).hex
    let right = Self.payload.replacing(f, with: "\(f),\(g)").replacing(Self.root, with: root)
    #expect(try statement(signed(right)).resources.map(\.name) == ["f", "g"])
    expect(.malformedBundle, try signed(right.replacing("\(f),\(g)", with: "\(g),\(f)")))
  }
}
