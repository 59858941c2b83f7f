internal import CTensorKernels

/// SHA-256 by the processor's own instructions, which can advance two digests in the time of one.
///
/// Hashing is most of the work of storing a tensor, and a cryptographic library hashes one message at
/// a time. Only where `isAvailable`; elsewhere such a library does the same.
///
/// - Source: FIPS 180-4, "Secure Hash Standard", section 6.2.
public struct InstructionSHA256: Sendable {
  /// True where the processor has the instructions.
  public static let isAvailable = nascent_sha256_is_available() != 0

  /// The number of bytes of a block.
  public static let blockByteCount = 64

  // FIPS 180-4, section 5.3.3.
  private var state = nascent_sha256_state(
    words: (
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
      0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19
    ))
  /// The bytes of the block that is not full yet.
  private var rest: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// Starts with no bytes.
  public init() {
    precondition(InstructionSHA256.isAvailable, "the processor has the instructions")
  }

  /// The digest of one message.
  public static func digest(of bytes: RawSpan) -> SIMD4<UInt64> {
    var hasher = InstructionSHA256()
    bytes.withUnsafeBytes { buffer in
      let blocks = buffer.count / blockByteCount
      if let base = buffer.baseAddress {
        // Whole blocks inside the buffer, and what is behind the last of them.
        unsafe nascent_sha256_blocks(&hasher.state, base, UInt64(blocks))
        unsafe nascent_sha256_end(
          &hasher.state, base + blocks * blockByteCount,
          UInt64(buffer.count % blockByteCount), UInt64(buffer.count))
      } else {
        unsafe nascent_sha256_end(&hasher.state, nil, 0, 0)
      }
    }
    return hasher.words
  }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    let taken = completeBlock(with: bytes)
    let bytes = bytes.extracting(taken..<bytes.byteCount)
    bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress {
        // Whole blocks inside the buffer.
        unsafe nascent_sha256_blocks(
          &state, base, UInt64(buffer.count / Self.blockByteCount))
      }
    }
    keepRest(of: bytes)
  }

  /// Adds the same bytes to two digests, in the time of one.
  ///
  /// Both must be at the border of a block, as they are after any multiple of 64 bytes; otherwise this
  /// is two updates.
  public static func update(
    _ first: inout InstructionSHA256, _ second: inout InstructionSHA256, with bytes: RawSpan
  ) {
    guard first.rest.isEmpty, second.rest.isEmpty else {
      first.update(bytes)
      second.update(bytes)
      return
    }
    bytes.withUnsafeBytes { buffer in
      if let base = buffer.baseAddress {
        // Whole blocks inside the buffer.
        unsafe nascent_sha256_shared_blocks(
          &first.state, &second.state, base, UInt64(buffer.count / Self.blockByteCount))
      }
    }
    first.byteCount &+= UInt64(bytes.byteCount)
    second.byteCount &+= UInt64(bytes.byteCount)
    first.keepRest(of: bytes)
    second.keepRest(of: bytes)
  }

  /// The digests of two messages, in the time of the longer one.
  public static func digests(of first: RawSpan, and second: RawSpan) -> (
    SIMD4<UInt64>, SIMD4<UInt64>
  ) {
    var a = InstructionSHA256()
    var b = InstructionSHA256()
    let blocks = min(first.byteCount, second.byteCount) / blockByteCount
    first.withUnsafeBytes { left in
      second.withUnsafeBytes { right in
        if let left = left.baseAddress, let right = right.baseAddress {
          // `blocks` whole blocks lie inside both buffers.
          unsafe nascent_sha256_paired_blocks(&a.state, left, &b.state, right, UInt64(blocks))
        }
      }
    }
    let common = blocks * blockByteCount
    a.byteCount = UInt64(common)
    b.byteCount = UInt64(common)
    a.update(first.extracting(common..<first.byteCount))
    b.update(second.extracting(common..<second.byteCount))
    return (a.finish(), b.finish())
  }

  /// The digest of all bytes so far, as four big-endian numbers.
  public func finish() -> SIMD4<UInt64> {
    var last = self
    unsafe nascent_sha256_end(&last.state, rest, UInt64(rest.count), byteCount)
    return last.words
  }

  private var words: SIMD4<UInt64> {
    func pair(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
    let w = state.words
    return SIMD4(pair(w.0, w.1), pair(w.2, w.3), pair(w.4, w.5), pair(w.6, w.7))
  }

  /// Fills the block that was begun, and returns how many bytes it took.
  private mutating func completeBlock(with bytes: RawSpan) -> Int {
    byteCount &+= UInt64(bytes.byteCount)
    guard !rest.isEmpty else { return 0 }
    let taken = min(Self.blockByteCount - rest.count, bytes.byteCount)
    rest.append(contentsOf: bytes.extracting(0..<taken).array(of: UInt8.self))
    if rest.count == Self.blockByteCount {
      unsafe nascent_sha256_blocks(&state, rest, 1)
      rest = []
    }
    return taken
  }

  /// Keeps what is behind the last whole block.
  private mutating func keepRest(of bytes: RawSpan) {
    let whole = bytes.byteCount - bytes.byteCount % Self.blockByteCount
    guard whole < bytes.byteCount else { return }
    rest.append(contentsOf: bytes.extracting(whole..<bytes.byteCount).array(of: UInt8.self))
  }
}
