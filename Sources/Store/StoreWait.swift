internal import Foundation
internal import StoreAccess
internal import Synchronization
internal import Tensors

/// A store is used by another program, and this one waits for its turn.
public struct StoreWait: Sendable, CustomStringConvertible {
  /// The path of the store.
  public let path: String
  /// The other program, such as `nascent verify s.db (process 4711)`; `nil` where the system does not tell.
  public let holder: String?

  /// One line for people.
  public var description: String {
    "Waiting for \(holder ?? "another program"), which uses store \"\(path)\"."
  }
}

/// Waits where a store is locked, at most `CheckpointStore.busyTimeoutSeconds` for each lock, and says
/// for whom.
///
/// A class, because the connections of a store share it.
final class LockWaiting: Sendable {
  private struct State {
    var hasSaidIt = false
    var holder: String?
  }
  private let path: String
  private let onWait: (@Sendable (StoreWait) -> Void)?
  private let state = Mutex(State())

  /// The milliseconds between tries: short at first, since most locks are held for a moment.
  private static let delays = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100]
  /// After so many milliseconds people wonder.
  private static let patience = 1000

  init(path: String, onWait: (@Sendable (StoreWait) -> Void)?) {
    self.path = path
    self.onWait = onWait
  }

  /// Who held the lock for which this store last waited in vain.
  var holder: String? { state.withLock { $0.holder } }

  /// Waits before the next try for a lock.
  ///
  /// - Parameter tries: How often this was called for the lock before.
  /// - Returns: False when it has been long enough.
  func wait(tries: Int) -> Bool {
    // Waiting is counted, not measured: a process that the system lets sleep loses no turn by it.
    let last = Self.delays.count - 1
    let waited =
      Self.delays.prefix(tries).reduce(0, +) + max(0, tries - last - 1) * Self.delays[last]
    guard waited < CheckpointStore.busyTimeoutSeconds * 1000 else {
      let holder = currentHolder()
      state.withLock { $0.holder = holder }
      return false
    }
    let isNew = state.withLock { state in
      if tries == 0 { state.hasSaidIt = false }
      guard waited >= Self.patience, !state.hasSaidIt else { return false }
      state.hasSaidIt = true
      return true
    }
    if isNew, let onWait { onWait(StoreWait(path: path, holder: currentHolder())) }
    Thread.sleep(forTimeInterval: Double(Self.delays[min(tries, last)]) / 1000)
    return true
  }

  private func currentHolder() -> String? {
    let holders = LockHolder.holders(ofFile: path)
    return holders.isEmpty
      ? nil : holders.map(\.description.shown).joined(separator: ", ")
  }
}
