internal import Crypto
public import Foundation

/// A SHA-256 digest.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Hashes `data`.
  public init(of data: Data) {
    bytes = Array(SHA256.hash(data: data))
  }

  /// Takes 32 bytes as they are; `nil` for another number.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == SHA256.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// Reads 64 hexadecimal digits.
  ///
  /// - Throws: `TensorError.Code.malformedDigest`.
  public init(hex: String) throws {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == 64, hex.utf8.count == 64 else { throw TensorError.malformedDigest(hex) }
    bytes = stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// The 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes as `Data`.
  public var data: Data { Data(bytes) }
  /// The text for people.
  public var description: String { hex }

  /// By bytes, so that sorted digests are the same on every machine.
  public static func < (left: Digest, right: Digest) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

/// Hashes bytes that come in pieces.
public struct DigestBuilder: Sendable {
  private var hasher = SHA256()

  /// Starts with no bytes.
  public init() {}

  /// Adds bytes.
  public mutating func append(_ data: Data) { hasher.update(data: data) }

  /// The digest of all bytes so far.
  public func finish() -> Digest {
    guard let digest = Digest(bytes: Array(hasher.finalize())) else {
      preconditionFailure("SHA-256 has 32 bytes")
    }
    return digest
  }
}
