internal import Synchronization

/// How far a run or an export is.
public struct MaterializationProgress: Sendable, Hashable {
  /// The variables that have their value, of those that are made or written.
  public var variablesDone: Int
  /// The number of variables that are made or written.
  public var variableCount: Int
  /// The bytes that are stored or written.
  public var bytesDone: Int
  /// The bytes of all these variables.
  public var byteCount: Int

  package init(variablesDone: Int, variableCount: Int, bytesDone: Int, byteCount: Int) {
    self.variablesDone = variablesDone
    self.variableCount = variableCount
    self.bytesDone = bytesDone
    self.byteCount = byteCount
  }
}

/// Sends the progress of runs to whoever listens.
final class ProgressBroadcast: Sendable {
  // A class, because listeners come and go while runs report.
  private typealias Listener = AsyncStream<MaterializationProgress>.Continuation
  private let listeners = Mutex<[Int: Listener]>([:])
  private let nextID = Mutex(0)

  /// A stream of the newest states; states that nobody took in time are dropped.
  func listen() -> AsyncStream<MaterializationProgress> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: MaterializationProgress.self, bufferingPolicy: .bufferingNewest(1))
    let id = nextID.withLock { id in
      id += 1
      return id
    }
    listeners.withLock { $0[id] = continuation }
    continuation.onTermination = { [weak self] _ in self?.remove(id) }
    return stream
  }

  func send(_ progress: MaterializationProgress) {
    for listener in listeners.withLock({ Array($0.values) }) { listener.yield(progress) }
  }

  private func remove(_ id: Int) {
    _ = listeners.withLock { $0.removeValue(forKey: id) }
  }
}
