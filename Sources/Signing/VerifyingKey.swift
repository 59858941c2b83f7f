internal import Crypto
public import Foundation
internal import Tensors

/// A public key on the curve P-256, which checks signatures.
public struct VerifyingKey: Sendable {
  private let key: P256.Signing.PublicKey

  init(_ key: P256.Signing.PublicKey) { self.key = key }

  /// Reads a key in PEM (`PUBLIC KEY`).
  ///
  /// - Parameter pem: The text of the file, which may hold other blocks before the key.
  /// - Parameter file: The file's name, for errors.
  /// - Throws: `SigningError.Code.unsuitableKey`.
  public init(pem: Data, file: String) throws {
    let documents = PEMDocument.all(in: String(decoding: pem, as: UTF8.self))
    guard let found = documents.first(where: { $0.label == "PUBLIC KEY" }) else {
      throw documents.contains { $0.label.hasSuffix("PRIVATE KEY") }
        ? SigningError.privateKeyGiven(file) : SigningError.noKey(file, "public")
    }
    guard let key = try? P256.Signing.PublicKey(pemRepresentation: found.text) else {
      throw SigningError.otherCurve(file)
    }
    self.key = key
  }

  /// The key as PEM, as OpenSSL writes it.
  public var pem: String {
    let text = key.pemRepresentation
    return text.hasSuffix("\n") ? text : text + "\n"
  }

  /// How bundles name the key: the SHA-256 of its PEM, as hexadecimal digits.
  public var hint: String { Digest(of: Data(pem.utf8)).hex }

  /// True where `signature`, in DER, is this key's over `message`.
  func isSignature(_ signature: Data, of message: Data) -> Bool {
    guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else {
      return false
    }
    return key.isValidSignature(signature, for: message)
  }
}
