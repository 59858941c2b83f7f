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
  // @unchecked Sendable because a piece in `spare` belongs to nobody else, and the lock is held while
  // one is taken or given.

  /// The size of every piece of memory. Positive.
  public let byteCount: Int
  private let state = Mutex(State())

  private struct State {
    var spare: [UInt] = []
    var slabs: [UInt] = []
  }

  /// Pieces are cut from slabs of about this size, which can have huge pages.
  private static let slabByteCount = 16 << 20

  /// A pool that has nothing yet.
  ///
  /// - Parameter byteCount: A multiple of 64, so that every piece of a slab is aligned.
  public init(byteCount: Int) {
    precondition(byteCount > 0 && byteCount % 64 == 0, "a pool's pieces are aligned to 64 bytes")
    self.byteCount = byteCount
  }

  deinit {
    for slab in state.withLock({ $0.slabs }) { free(UnsafeMutableRawPointer(bitPattern: slab)) }
  }

  /// A piece that was given back, or a new one.
  func take() throws -> UnsafeMutableRawPointer {
    let address = try state.withLock { state -> UInt in
      if let address = state.spare.popLast() { return address }
      let count = max(Self.slabByteCount / byteCount, 1)
      let slab = UInt(bitPattern: try TensorStorage.allocate(byteCount: count * byteCount))
      state.slabs.append(slab)
      // The first piece is handed out first: what is behind it is not touched before it is needed.
      state.spare = (1..<count).reversed().map { slab + UInt($0 * byteCount) }
      return slab
    }
    guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("an allocation has an address")
    }
    return pointer
  }

  func give(_ pointer: UnsafeMutableRawPointer) {
    state.withLock { $0.spare.append(UInt(bitPattern: pointer)) }
  }
}
