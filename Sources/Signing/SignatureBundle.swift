public import Foundation
internal import VariableGraph

/// A Sigstore bundle: a signed payload in a DSSE envelope, and which key signed it.
///
/// Nothing of it is to be trusted but what `statement(signedBy:)` returns.
public struct SignatureBundle: Sendable {
  /// Longer files are not read: some 80,000 files or variables fit, and whatever stands in it, a bundle of
  /// this size takes less than half a gigabyte of memory.
  public static let maximumByteCount = 16 << 20
  /// The only version that is read and written.
  static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

  private let file: String
  private let keyHint: String?
  private let payloadType: String
  private let payload: Data
  private let signature: Data

  init(file: String, keyHint: String?, payloadType: String, payload: Data, signature: Data) {
    self.file = file
    self.keyHint = keyHint
    self.payloadType = payloadType
    self.payload = payload
    self.signature = signature
  }

  /// Reads a bundle; nothing is checked yet.
  ///
  /// - Parameter data: The bundle: one JSON object in UTF-8.
  /// - Parameter file: The file's name, for errors.
  /// - Throws: `SigningError` with the codes `malformedBundle`, `unsupportedBundle`.
  public init(parsing data: Data, file: String) throws {
    guard data.count <= Self.maximumByteCount else {
      throw SigningError.malformed(file, because: "it has \(data.count) bytes")
    }
    let reader = StatementReader(file: file)
    let bundle = try reader.object(try reader.document(data, "bundle"), "the bundle")
    let mediaType = try reader.text(bundle["mediaType"], "mediaType")
    guard mediaType == Self.mediaType else {
      throw SigningError.unsupported(
        file, because: "its mediaType is \(mediaType.prefix(80).debugDescription)")
    }
    let material = try reader.object(bundle["verificationMaterial"], "verificationMaterial")
    guard material["publicKey"] != nil else {
      throw SigningError.unsupported(
        file, because: "it was not made by a key, but with a certificate")
    }
    let publicKey = try reader.object(material["publicKey"], "publicKey")
    let envelope = try reader.object(bundle["dsseEnvelope"], "dsseEnvelope")
    let signatures = try reader.list(envelope["signatures"], "signatures")
    guard signatures.count == 1 else {
      throw SigningError.malformed(file, because: "it has \(signatures.count) signatures, not one")
    }
    self.file = file
    keyHint =
      switch publicKey["hint"] {
      case nil, .null: nil
      case let hint: try reader.text(hint, "hint")
      }
    payloadType = try reader.text(envelope["payloadType"], "payloadType")
    payload = try reader.base64(envelope["payload"], "payload")
    signature = try reader.base64(try reader.object(signatures[0], "signatures")["sig"], "sig")
  }

  /// The bundle as a file.
  public var data: Data {
    let value: JSONValue = [
      "mediaType": .string(Self.mediaType),
      "verificationMaterial": [
        "publicKey": ["hint": keyHint.map(JSONValue.string) ?? .null], "tlogEntries": [],
      ],
      "dsseEnvelope": [
        "payload": .string(payload.base64EncodedString()), "payloadType": .string(payloadType),
        "signatures": [["sig": .string(signature.base64EncodedString()), "keyid": ""]],
      ],
    ]
    return Data(value.canonicalText.utf8)
  }

  /// What a key signed.
  ///
  /// - Throws: `SigningError` with the codes `invalidSignature`, and, where the key did sign, but
  ///   nothing that says what a model is, `malformedBundle` and `unsupportedBundle`.
  public func statement(signedBy key: VerifyingKey) throws -> SignedStatement {
    if let keyHint, keyHint != key.hint {
      throw SigningError.otherKey(file, signed: keyHint, given: key.hint)
    }
    guard key.isSignature(signature, of: Self.authenticated(payload, as: payloadType)) else {
      throw SigningError.invalidSignature(file)
    }
    guard payloadType == SignedStatement.payloadType else {
      throw SigningError.unsupported(
        file, because: "it signs a payload of the type \(payloadType.prefix(80).debugDescription)")
    }
    return try SignedStatement(parsing: payload, file: file)
  }

  /// The bytes that are signed: DSSE's encoding before authentication, in which neither type nor payload
  /// can be taken for a part of the other.
  ///
  /// - Source: DSSE 1.0, protocol.md, "PAE".
  static func authenticated(_ payload: Data, as type: String) -> Data {
    Data("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
  }
}
