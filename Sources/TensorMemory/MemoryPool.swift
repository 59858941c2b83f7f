#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Synchronization

/// Memory of one size that is used again and again.
///
/// Memory that the system has just given is not there yet: the first touch of each page costs as much
/// as filling it. A run that streams a model through buffers of one size pays that once.
///
/// A class, because storages give their memory back to it when the last of their readers is done.
@safe
public final class MemoryPool: @unchecked Sendable {
  // @unchecked Sendable because the pointers in `spare` belong to nobody else, and the lock is held
  // while one is taken or given.

  /// The size of every piece of memory. Positive.
  public let byteCount: Int
  private let spare = Mutex<[UInt]>([])

  /// A pool that has nothing yet.
  public init(byteCount: Int) {
    precondition(byteCount > 0, "a pool's pieces have bytes")
    self.byteCount = byteCount
  }

  deinit {
    for address in spare.withLock({ $0 }) { free(UnsafeMutableRawPointer(bitPattern: address)) }
  }

  /// A piece that was given back, or a new one.
  func take() throws -> UnsafeMutableRawPointer {
    if let address = spare.withLock({ $0.popLast() }),
      let pointer = UnsafeMutableRawPointer(bitPattern: address)
    {
      return pointer
    }
    return try TensorStorage.allocate(byteCount: byteCount)
  }

  func give(_ pointer: UnsafeMutableRawPointer) {
    spare.withLock { $0.append(UInt(bitPattern: pointer)) }
  }
}
