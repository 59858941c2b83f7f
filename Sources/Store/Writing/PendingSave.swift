internal import Synchronization

/// A save that goes on while the program does.
///
/// States: *under way*; *done*, with the checkpoint or with an error. An error that nobody asked for
/// with `value()` is thrown by the store's next save.
///
/// A class, because whether somebody asked is one fact for all who hold it.
public final class PendingSave: Sendable {
  /// The name of the checkpoint.
  public let name: String
  /// The training step.
  public let step: Int
  private let task: Task<SavedCheckpoint, any Error>
  private let isAskedFor = Mutex(false)

  init(name: String, step: Int, task: Task<SavedCheckpoint, any Error>) {
    self.name = name
    self.step = step
    self.task = task
  }

  /// Waits until the checkpoint is on the disk.
  ///
  /// - Throws: As `CheckpointStore.save`.
  @discardableResult
  public func value() async throws -> SavedCheckpoint {
    isAskedFor.withLock { $0 = true }
    return try await task.value
  }

  /// Waits for the end; the error, where there was one that nobody asked for. It is given once.
  func unnoticedFailure() async -> (any Error)? {
    guard case .failure(let error) = await task.result else { return nil }
    let wasAskedFor = isAskedFor.withLock { isAskedFor in
      defer { isAskedFor = true }
      return isAskedFor
    }
    return wasAskedFor ? nil : error
  }
}

/// Lets one save of a store be under way at a time.
package actor SaveQueue {
  private var last: PendingSave?

  /// Waits for the save before, takes a snapshot, and begins to save it.
  ///
  /// - Throws: The error of a save before that nobody asked for, and what `snapshot` throws.
  package func begin<Snapshot: Sendable>(
    _ request: SaveRequest, snapshot: @escaping @Sendable () async throws -> Snapshot,
    save: @escaping @Sendable (Snapshot) async throws -> SavedCheckpoint
  ) async throws -> PendingSave {
    while let before = last {
      let failure = await before.unnoticedFailure()
      if last === before { last = nil }
      if let failure { throw failure }
    }
    let taking = Task { try await snapshot() }
    let pending = PendingSave(
      name: request.name, step: request.step, task: Task { try await save(taking.value) })
    last = pending
    do {
      _ = try await taking.value
    } catch {
      _ = await pending.unnoticedFailure()
      throw error
    }
    return pending
  }
}
