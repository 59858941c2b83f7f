internal import Crypto
public import Foundation
internal import TensorMemory

/// A SHA-256 digest.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number of bytes.
  public static let byteCount = 32

  /// The bytes as four big-endian numbers, so that they compare as the bytes do.
  package private(set) var words: SIMD4<UInt64>

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Digest.byteCount)
    write(to: &bytes)
    return bytes
  }

  /// Adds the 32 bytes.
  package func write(to bytes: inout [UInt8]) {
    for place in 0..<Digest.byteCount {
      bytes.append(UInt8(truncatingIfNeeded: words[place / 8] >> UInt64(56 - place % 8 * 8)))
    }
  }

  /// Hashes `data`.
  public init(of data: Data) {
    self.init(of: data.bytes)
  }

  /// Hashes `bytes`.
  public init(of bytes: [UInt8]) {
    self = bytes.withRawSpan { Digest(of: $0) }
  }

  /// Hashes `bytes`.
  public init(of bytes: RawSpan) {
    if InstructionSHA256.isAvailable {
      words = InstructionSHA256.digest(of: bytes)
      return
    }
    var builder = DigestBuilder()
    builder.append(bytes)
    self = builder.finish()
  }

  /// Takes 32 bytes as they are; `nil` for another number.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Digest.byteCount else { return nil }
    let bytes = Array(bytes)
    words = SIMD4()
    for word in 0..<4 {
      var value: UInt64 = 0
      for place in word * 8..<word * 8 + 8 { value = value << 8 | UInt64(bytes[place]) }
      words[word] = value
    }
  }

  fileprivate init(words: SIMD4<UInt64>) { self.words = words }

  /// Takes digests that stand one behind the other, 32 bytes each; `nil` for another number of bytes.
  package static func list(bytes: [UInt8]) -> [Digest]? {
    guard bytes.count.isMultiple(of: byteCount) else { return nil }
    return stride(from: 0, to: bytes.count, by: byteCount).compactMap {
      Digest(bytes: bytes[$0..<$0 + byteCount])
    }
  }

  /// Reads 64 hexadecimal digits.
  ///
  /// - Throws: `TensorError.Code.malformedDigest`.
  public init(hex: String) throws {
    let digits = hex.compactMap(\.hexDigitValue)
    guard digits.count == 64, hex.utf8.count == 64 else { throw TensorError.malformedDigest(hex) }
    words = SIMD4()
    for (place, digit) in digits.enumerated() {
      words[place / 16] = words[place / 16] << 4 | UInt64(digit)
    }
  }

  /// The digests of two messages; where the processor has instructions for it, in the time of one.
  public static func pair(of first: RawSpan, and second: RawSpan) -> (Digest, Digest) {
    guard InstructionSHA256.isAvailable else { return (Digest(of: first), Digest(of: second)) }
    let (a, b) = InstructionSHA256.digests(of: first, and: second)
    return (Digest(words: a), Digest(words: b))
  }

  /// The 64 lower-case hexadecimal digits.
  public var hex: String {
    var text: [UInt8] = []
    text.reserveCapacity(64)
    writeHex(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds the 64 lower-case hexadecimal digits.
  package func writeHex(to text: inout [UInt8]) {
    for word in 0..<4 {
      for shift in stride(from: 60, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: words[word] >> UInt64(shift) & 15)
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }

  /// The bytes as `Data`.
  public var data: Data { Data(bytes) }
  /// The text for people.
  public var description: String { hex }

  /// By bytes, so that sorted digests are the same on every machine.
  public static func < (left: Digest, right: Digest) -> Bool {
    for place in 0..<4 where left.words[place] != right.words[place] {
      return left.words[place] < right.words[place]
    }
    return false
  }
}

/// Hashes bytes that come in pieces.
///
/// By the processor's instructions where it has them, else by the cryptographic library.
public struct DigestBuilder: Sendable {
  private enum Engine: Sendable {
    case instructions(InstructionSHA256)
    case library(SHA256)
  }

  private var engine: Engine

  /// Starts with no bytes.
  public init() {
    engine = InstructionSHA256.isAvailable ? .instructions(InstructionSHA256()) : .library(SHA256())
  }

  /// Adds bytes.
  public mutating func append(_ bytes: RawSpan) {
    switch engine {
    case .instructions(var hasher):
      hasher.update(bytes)
      engine = .instructions(hasher)
    case .library(var hasher):
      bytes.withData { hasher.update(data: $0) }
      engine = .library(hasher)
    }
  }

  /// Adds bytes.
  public mutating func append(_ data: Data) { append(data.bytes) }

  /// Adds bytes.
  public mutating func append(_ bytes: [UInt8]) { bytes.withRawSpan { append($0) } }

  /// Adds bytes, and gives the digest of these bytes alone; where the processor has instructions for
  /// it, in the time of one of the two.
  public mutating func append(digesting bytes: RawSpan) -> Digest {
    guard case .instructions(var hasher) = engine else {
      append(bytes)
      return Digest(of: bytes)
    }
    var alone = InstructionSHA256()
    InstructionSHA256.update(&hasher, &alone, with: bytes)
    engine = .instructions(hasher)
    return Digest(words: alone.finish())
  }

  /// The digest of all bytes so far.
  public func finish() -> Digest {
    switch engine {
    case .instructions(let hasher): return Digest(words: hasher.finish())
    case .library(let hasher):
      guard let digest = Digest(bytes: Array(hasher.finalize())) else {
        preconditionFailure("SHA-256 has 32 bytes")
      }
      return digest
    }
  }
}
