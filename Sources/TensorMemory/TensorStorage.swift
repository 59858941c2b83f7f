#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Synchronization

/// The one owner of a tensor's bytes: aligned, filled concurrently in disjoint parts, then sealed.
///
/// States and transitions:
/// 1. *open*: `fill` writes a range; each byte belongs to at most one call, which is checked.
/// 2. *sealed*: after `seal()`, any task may read the bytes. They change only in `update`, for the one
///    who holds the only reference.
///
/// A class, because the bytes have one owner and many readers, and are freed with the last of them.
@safe
public final class TensorStorage: @unchecked Sendable {
  // @unchecked Sendable because ranges being written are disjoint (`claims` refuses others), and
  // reading and writing never overlap: reading needs the storage sealed.

  /// The number of bytes. Never negative.
  public let byteCount: Int
  private let start: UnsafeMutableRawPointer
  private let pool: MemoryPool?
  private let claims = Mutex(Claims())

  private struct Claims {
    var isSealed = false
    /// Claimed ranges, by lower bound.
    var ranges: [Int: Int] = [:]
  }

  /// Allocates memory, aligned to 64 bytes; 2 MiB and more is aligned for huge pages and asks for
  /// them, because the first touch of 4 KiB pages costs more than filling them.
  ///
  /// - Parameter byteCount: 0 or more.
  /// - Parameter pool: Where the memory comes from, and goes when the storage is freed, if it is
  ///   large enough there.
  /// - Throws: `TensorMemoryError.Code.outOfMemory`.
  public init(byteCount: Int, from pool: MemoryPool? = nil) throws {
    precondition(byteCount >= 0, "a byte count is not negative")
    let pool = pool.flatMap { byteCount <= $0.byteCount ? $0 : nil }
    start = try pool?.take() ?? Self.allocate(byteCount: byteCount)
    self.byteCount = byteCount
    self.pool = pool
  }

  deinit {
    if let pool { pool.give(start) } else { free(start) }
  }

  static func allocate(byteCount: Int) throws -> UnsafeMutableRawPointer {
    let hugePage = 2 << 20
    let alignment = byteCount >= hugePage ? hugePage : 64
    var pointer: UnsafeMutableRawPointer?
    guard posix_memalign(&pointer, alignment, max(byteCount, 1)) == 0, let pointer else {
      throw TensorMemoryError.outOfMemory(byteCount: byteCount)
    }
    #if os(Linux)
      if byteCount >= hugePage { _ = madvise(pointer, byteCount, MADV_HUGEPAGE) }
    #endif
    return pointer
  }

  /// Lets `body` write the bytes of `range`, which no other call has written.
  ///
  /// A range is claimed for good, even where `body` throws: a storage whose filling failed is thrown
  /// away.
  public func fill<Result>(
    _ range: Range<Int>, _ body: (inout MutableRawSpan) throws -> Result
  ) rethrows -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range inside the storage")
    claims.withLock { claims in
      precondition(!claims.isSealed, "a sealed storage is not written")
      precondition(
        range.isEmpty
          || claims.ranges.updateValue(range.upperBound, forKey: range.lowerBound) == nil,
        "each part of a storage is written once")
    }
    // In bounds by the precondition above; exclusive because the claim is.
    var span = unsafe MutableRawSpan(
      _unsafeStart: start + range.lowerBound, byteCount: range.count)
    return try body(&span)
  }

  /// Ends writing.
  ///
  /// Checks that the written parts do not overlap; bytes that were not written are undefined.
  public func seal() {
    claims.withLock { claims in
      var end = 0
      for (lower, upper) in claims.ranges.sorted(by: { $0.key < $1.key }) {
        precondition(lower >= end, "the parts of a storage are disjoint")
        end = upper
      }
      claims.ranges = [:]
      claims.isSealed = true
    }
  }

  /// Lets `body` read the bytes of a sealed storage.
  public func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
    precondition(claims.withLock { $0.isSealed }, "a storage is sealed before it is read")
    // Valid for `byteCount` bytes while `self` lives; `withExtendedLifetime` keeps it alive.
    return try withExtendedLifetime(self) {
      try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
    }
  }

  /// Lets `body` change the bytes of a sealed storage: where they lie, if `storage` is the only
  /// reference to it; in a copy that takes its place, if anyone else can still read them.
  ///
  /// - Throws: `TensorMemoryError.Code.outOfMemory`, before `body` is called; and what `body` throws,
  ///   with the bytes as it left them.
  public static func update<Result>(
    _ storage: inout TensorStorage, _ body: (inout MutableRawSpan) throws -> Result
  ) throws -> Result {
    if !isKnownUniquelyReferenced(&storage) { storage = try storage.copy() }
    precondition(storage.claims.withLock { $0.isSealed }, "a storage is sealed before it changes")
    // Valid for `byteCount` bytes while the storage lives. Exclusive, because the only reference is
    // lent to this call.
    return try withExtendedLifetime(storage) { storage in
      var span = unsafe MutableRawSpan(
        _unsafeStart: storage.start, byteCount: storage.byteCount)
      return try body(&span)
    }
  }

  /// A sealed storage of the same bytes.
  private func copy() throws -> TensorStorage {
    let copy = try TensorStorage(byteCount: byteCount)
    withData(in: 0..<byteCount) { copy.fill(at: 0, with: $0) }
    copy.seal()
    return copy
  }
}
