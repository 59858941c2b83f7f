internal import Crypto
public import Foundation
internal import VariableGraph

/// A private key on the curve P-256, which signs.
public struct SigningKey: Sendable {
  private let key: P256.Signing.PrivateKey

  /// Reads a key in PEM, as SEC 1 (`EC PRIVATE KEY`) or PKCS #8 (`PRIVATE KEY`).
  ///
  /// - Parameter pem: The text of the file, which may hold other blocks before the key.
  /// - Parameter file: The file's name, for errors.
  /// - Throws: `SigningError.Code.unsuitableKey`, also for an encrypted key.
  public init(pem: Data, file: String) throws {
    let documents = PEMDocument.all(in: String(decoding: pem, as: UTF8.self))
    guard let found = documents.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
      throw SigningError.noKey(file, "private")
    }
    guard !found.isEncrypted, found.label != "ENCRYPTED PRIVATE KEY" else {
      throw SigningError.encryptedKey(file)
    }
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: found.text) else {
      throw SigningError.otherCurve(file)
    }
    self.key = key
  }

  /// The key that checks what this one signs.
  public var verifyingKey: VerifyingKey { VerifyingKey(key.publicKey) }

  /// Signs a statement.
  ///
  /// - Throws: `SigningError.Code.unsuitableModel` where the bundle would be too large to be read.
  public func sign(_ statement: SignedStatement) throws -> SignatureBundle {
    let payload = Data(statement.json.canonicalText.utf8)
    let message = SignatureBundle.authenticated(payload, as: SignedStatement.payloadType)
    let bundle = SignatureBundle(
      file: "", keyHint: verifyingKey.hint, payloadType: SignedStatement.payloadType,
      payload: payload, signature: try key.signature(for: message).derRepresentation)
    guard bundle.data.count <= SignatureBundle.maximumByteCount else {
      throw SigningError.tooLarge(bundle.data.count)
    }
    return bundle
  }
}
