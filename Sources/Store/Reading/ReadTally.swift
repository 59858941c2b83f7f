internal import Synchronization

/// Counts the bytes of payloads that are read from a store.
///
/// A class, because all threads that read add to it.
final class ReadTally: Sendable {
  private let count = Atomic<Int>(0)

  /// How many bytes were read so far.
  var byteCount: Int { count.load(ordering: .relaxed) }

  /// Says that so many bytes were read.
  func add(_ byteCount: Int) { count.add(byteCount, ordering: .relaxed) }
}
