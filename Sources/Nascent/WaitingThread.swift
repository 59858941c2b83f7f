internal import Dispatch
internal import Foundation
internal import Synchronization

/// A thread that may stand still until a task is done, as Swift's own, which are few, may not: for code that
/// writes a file and asks for its bytes one after another.
enum WaitingThread {
  /// Runs `body` on a thread of its own.
  ///
  /// - Throws: What `body` throws.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable (TaskWaiter) throws -> Value
  ) async throws -> Value {
    let waiter = TaskWaiter()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body(waiter) }) }
        thread.name = "nascent.waiting"
        thread.start()
      }
    } onCancel: {
      waiter.cancel()
    }
  }
}

/// Waits for tasks, on a thread that may stand still.
///
/// A class, because the task that began the thread cancels its work.
package final class TaskWaiter: Sendable {
  private let isCancelled = Mutex(false)

  /// For a `WaitingThread`, and for callers that cannot be asynchronous and bring a thread of their own.
  package init() {}

  /// Ends the work on the thread where it looks next.
  func cancel() { isCancelled.withLock { $0 = true } }

  /// - Throws: `CancellationError` where the task that waits for the thread was cancelled.
  func checkCancellation() throws {
    if isCancelled.withLock({ $0 }) { throw CancellationError() }
  }

  /// Runs an operation as a task, and stands still until it is done.
  ///
  /// - Throws: What the operation throws.
  package func wait<Value: Sendable>(
    for operation: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let box = ResultBox<Value>()
    let isDone = DispatchSemaphore(value: 0)
    Task {
      do {
        box.put(.success(try await operation()))
      } catch {
        box.put(.failure(error))
      }
      isDone.signal()
    }
    isDone.wait()
    return try box.take()
  }
}

/// Carries the result of a task to the thread that waits for it.
///
/// A class, because both hold it.
private final class ResultBox<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  func put(_ result: Result<Value, any Error>) { self.result.withLock { $0 = result } }

  func take() throws -> Value {
    guard let result = result.withLock({ $0 }) else {
      preconditionFailure("a task that is done has a result")
    }
    return try result.get()
  }
}
