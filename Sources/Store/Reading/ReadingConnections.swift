internal import Filling
internal import Foundation
internal import GRDB
internal import Synchronization

/// How many threads read a store that is opened in a task.
package enum ReadingThreads {
  /// A bound; `nil` for as many as there are cores. With one thread the order of SQLite's calls is always the
  /// same, which is what a simulation needs.
  @TaskLocal package static var limit: Int?
}

/// Further connections to a store's file, for reading on several threads; opened when first wanted.
///
/// A class, because it owns open files.
final class ReadingConnections: Sendable {
  /// Fewer chunks are read faster than a second thread is woken and a second file opened.
  static let chunksWorthAThread = 4

  /// How much was read of payloads, by whatever connection to the file.
  let tally = ReadTally()
  /// The first connection has its lock: there is nobody else to wait for.
  private static let busyTimeoutSeconds = 0.1

  /// The number of threads that can read at once.
  let count: Int
  private let path: String
  private let mode: StoreOpening.Mode
  private let open = Mutex<[DatabaseQueue]>([])

  init(path: String, mode: StoreOpening.Mode) {
    self.path = path
    self.mode = mode
    count = ReadingThreads.limit ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// Runs `body` for each number below `count` at once, each with a connection of its own.
  ///
  /// - Parameter db: A connection with an open transaction, so that the others see the same state. A
  ///   writer that waits for that to end keeps others out, and keeps them from being opened; then it does
  ///   their work.
  /// - Returns: What the calls returned, in order.
  /// - Throws: The first error, in order.
  func concurrently<Value: Sendable>(
    _ count: Int, beside db: Database, _ body: @Sendable (Int, Database) throws -> Value
  ) throws -> [Value] {
    let queues = try connections(count)
    let results = Filling.concurrently(queues.count) { number in
      Result { try queues[number].read { try body(number, $0) } }
    }
    let found = try results.enumerated().map { number, result in
      do {
        return try result.get()
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        return try body(number, db)
      }
    }
    return try found + (queues.count..<count).map { try body($0, db) }
  }

  /// Connections, `count` of them where they can be opened now.
  private func connections(_ count: Int) throws -> [DatabaseQueue] {
    try open.withLock { open in
      var configuration = Configuration.store(LockWaiting(path: path, onWait: nil))
      configuration.busyMode = .timeout(Self.busyTimeoutSeconds)
      do {
        while open.count < count {
          open.append(try StoreOpening.connection(path, mode, configuration))
        }
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
        // What is open must do.
      }
      return Array(open.prefix(count))
    }
  }
}
