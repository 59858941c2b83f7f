import Foundation
import Nascent
import TestSupport
import Testing

/// Each refusal of a key and of a bundle, with its whole message.
struct SigningErrorTests {
  private func expect(
    _ code: SigningError.Code, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as SigningError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.description == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }

  private func signingKey(_ name: String) throws {
    _ = try SigningKey(pem: SigningVector.data(name), file: name)
  }

  private func verifyingKey(_ name: String) throws {
    _ = try VerifyingKey(pem: SigningVector.data(name), file: name)
  }

  @Test(arguments: ["encrypted-sec1.pem", "encrypted-pkcs8.pem"])
  func `an encrypted key is refused`(name: String) {
    expect(
      .unsuitableKey,
      """
      The private key "\(name)" is encrypted with a password, which Nascent does not ask for.
      `openssl pkey -in key.pem -out plain.pem` writes it without; keep that file for as long as you sign.
      """
    ) { try signingKey(name) }
  }

  @Test func `a file without a key is refused`() {
    let advice = """
      `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem` makes a private key, \
      `openssl pkey -in key.pem -pubout -out public.pem` its public one.
      """
    expect(.unsuitableKey, "\"public.pem\" holds no private key in PEM.\n\(advice)") {
      try signingKey("public.pem")
    }
    expect(.unsuitableKey, "\"file.sig\" holds no public key in PEM.\n\(advice)") {
      try verifyingKey("file.sig")
    }
  }

  @Test func `a private key in place of the public one is refused`() {
    expect(
      .unsuitableKey,
      """
      "sec1.pem" holds a private key, and checking takes the public one.
      `openssl pkey -in key.pem -pubout -out public.pem` writes it.
      """
    ) { try verifyingKey("sec1.pem") }
  }

  @Test func `a key on another curve is refused`() {
    func message(_ name: String) -> String {
      """
      The key "\(name)" is damaged or not on the curve P-256 (prime256v1, secp256r1), the only one that \
      Nascent has.
      `openssl pkey -in key.pem -noout -text` says what it is; `openssl genpkey -algorithm EC -pkeyopt \
      ec_paramgen_curve:P-256 -out key.pem` makes another.
      """
    }
    expect(.unsuitableKey, message("p384.pem")) { try signingKey("p384.pem") }
    expect(.unsuitableKey, message("p384-public.pem")) { try verifyingKey("p384-public.pem") }
  }

  @Test func `no damaged key ends the program`() throws {
    let pem = try SigningVector.data("sec1.pem")
    for place in pem.indices {
      var bytes = pem
      bytes[place] ^= 1 << UInt8(place % 8)
      for damaged in [bytes, pem.prefix(place)] {
        do {
          _ = try SigningKey(pem: damaged, file: "k")
        } catch let error as SigningError {
          #expect(error.code == .unsuitableKey)
        }
      }
    }
  }

  private func check(_ bundle: String, with key: String = "public.pem") throws {
    let key = try VerifyingKey(pem: SigningVector.data(key), file: key)
    _ = try SignatureBundle(parsing: Data(bundle.utf8), file: "s.sig").statement(signedBy: key)
  }

  private func bundle() throws -> String {
    String(decoding: try SigningVector.data("file.sig"), as: UTF8.self)
  }

  @Test func `another key is named`() throws {
    let signed = try SigningVector.verifyingKey().hint
    let given = try VerifyingKey(pem: SigningVector.data("other-public.pem"), file: "").hint
    let bundle = try bundle()
    expect(
      .invalidSignature,
      """
      The signature "s.sig" was not made by this key: it names the key "\(signed)", and this one is \
      "\(given)".
      Give the public key of who signed.
      """
    ) { try check(bundle, with: "other-public.pem") }
  }

  @Test func `a signature over something else is named`() throws {
    let bundle = try bundle().replacing("in-toto+json", with: "in-toto+jsom")
    expect(
      .invalidSignature,
      """
      The signature "s.sig" does not hold: it was made by another key, or what it signs was changed \
      afterwards.
      Do not use the model; get it and its signature again from who signed.
      """
    ) { try check(bundle) }
  }

  @Test func `what is no bundle is refused`() throws {
    let advice =
      "Give the file that `nascent sign` or model_signing wrote; copy or download it again."
    expect(
      .malformedBundle,
      """
      "s.sig" is not the signature of a model: its bundle is not JSON: the text ends where a value must \
      stand (byte 0).
      \(advice)
      """
    ) { try check("") }
    expect(
      .malformedBundle,
      """
      "s.sig" is not the signature of a model: mediaType is missing or not a text.
      \(advice)
      """
    ) { try check("{}") }
  }

  @Test func `what others sign is refused`() throws {
    let bundle = try bundle().replacing("\"publicKey\"", with: "\"certificate\"")
    expect(
      .unsupportedBundle,
      """
      Cannot check the signature "s.sig": it was not made by a key, but with a certificate.
      Nascent checks signatures by a key, over the SHA-256 of whole files; model_signing checks others.
      """
    ) { try check(bundle) }
  }

  @Test func `a statement without values is signed and read`() throws {
    let checkpoint = SignedCheckpoint(
      name: "initial", specFingerprint: Digest(of: [1]), contentDigest: Digest(of: [2]), values: [])
    let signed = try SigningVector.signingKey().sign(SignedStatement(of: checkpoint))
    #expect(throws: Never.self) { try signed.statement(signedBy: SigningVector.verifyingKey()) }
  }

  @Test func `more than can be read is not signed`() throws {
    let name = String(repeating: "n", count: 1 << 20)
    let values = (0..<13).map {
      SignedCheckpoint.Value(
        name: "\(name)\($0)", dtype: "float32", shape: "[]", root: Digest(of: [0]))
    }
    let checkpoint = SignedCheckpoint(
      name: "initial", specFingerprint: Digest(of: [1]), contentDigest: Digest(of: [2]),
      values: values)
    do {
      _ = try SigningVector.signingKey().sign(SignedStatement(of: checkpoint))
      Issue.record("nothing was thrown")
    } catch let error as SigningError {
      #expect(error.code == .unsuitableModel)
      #expect(
        error.message.wholeMatch(
          of:
            /Cannot sign so many files or variables: the signature would have 18[0-9]{6} bytes, and at most 16777216 are read\.\nSign the exported file, or a folder of fewer files\./
        ) != nil)
    }
  }
}
