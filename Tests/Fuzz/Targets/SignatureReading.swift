import Crypto
import Foundation
import Nascent
import Synchronization

/// What a verifier reads: a bundle, the payload in one that the right key signed, and keys.
enum SignatureReading {
  /// A key of this process: who it is makes no difference.
  private static let key = Mutex<Result<SigningKey, any Error>>(
    Result {
      let pem = P256.Signing.PrivateKey().pemRepresentation
      return try SigningKey(pem: Data(pem.utf8), file: "key.pem")
    })

  static func run(_ bytes: Data) throws {
    let key = try key.withLock { try $0.get() }
    try expected { _ = try SigningKey(pem: bytes, file: "key.pem") }
    try expected { _ = try VerifyingKey(pem: bytes, file: "public.pem") }
    try expected {
      let bundle = try SignatureBundle(parsing: bytes, file: "s.sig")
      guard try SignatureBundle(parsing: bundle.data, file: "s.sig").data == bundle.data else {
        throw FuzzFinding(description: "a bundle is written and read as another")
      }
      _ = try bundle.statement(signedBy: key.verifyingKey)
      throw FuzzFinding(description: "a signature holds that the key did not make")
    }
    try expected {
      let statement = try SignedStatement(parsing: bytes, file: "s.sig")
      let again = try key.sign(statement).statement(signedBy: key.verifyingKey)
      guard again == statement else {
        throw FuzzFinding(description: "a statement is signed and read as another")
      }
    }
  }

  /// Lets the library's own errors pass: one reader's refusal is not the end of the others.
  private static func expected(_ body: () throws -> Void) throws {
    do { try body() } catch let error where FuzzFinding.isExpected(error) {}
  }
}
