import ArgumentParser
import Foundation
import Nascent

/// Work that Ctrl-C stops cleanly: what is made is stored, then the command ends.
enum Interruption {
  /// Runs `body`. The first SIGINT or SIGTERM cancels it; a second one ends the process at once.
  ///
  /// - Throws: `InterruptedError` where a signal stopped it; what `body` throws.
  static func stoppable<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let work = Task { try await body() }
    let received = Received()
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        received.set(number)
        for one in [SIGINT, SIGTERM] { signal(one, SIG_DFL) }
        Console.progress(
          Terminal.errors.isTerminal
            ? "\r\u{1B}[KStopping; once more to end at once.\n" : "Stopping.\n")
        work.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
      for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
    do {
      return try await work.value
    } catch is CancellationError {
      guard let number = received.number else { throw CancellationError() }
      throw InterruptedError(signal: number)
    }
  }

  /// The signal that came, if one did.
  private final class Received: @unchecked Sendable {
    // @unchecked Sendable because `value` is only touched under `lock`.
    private let lock = NSLock()
    private var value: Int32?
    var number: Int32? { lock.withLock { value } }
    func set(_ number: Int32) { lock.withLock { value = number } }
  }
}

/// A command that writes files or a store, which Ctrl-C and SIGTERM stop between two steps.
protocol WritingCommand: AsyncParsableCommand, Sendable {}

/// A signal stopped the work.
struct InterruptedError: Error {
  let signal: Int32
  /// As shells count: 128 and the signal's number.
  var exitCode: ExitCode { ExitCode(128 + signal) }
}
