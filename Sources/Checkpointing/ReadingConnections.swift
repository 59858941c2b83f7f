internal import Foundation
internal import GRDB
internal import Synchronization

/// Further connections to a store's file, for reading on several threads; opened when first wanted.
///
/// A class, because it owns open files.
final class ReadingConnections: Sendable {
  /// Fewer chunks are read faster than a second thread is woken and a second file opened.
  static let chunksWorthAThread = 4

  /// How much was read of payloads, by whatever connection to the file.
  let tally = ReadTally()
  /// The number of threads that can read at once.
  let count: Int
  private let path: String
  private let open = Mutex<[DatabaseQueue]>([])

  init(path: String) {
    self.path = path
    count = ProcessInfo.processInfo.activeProcessorCount
  }

  /// Runs `body` for each number below `count` at once, each with a connection of its own.
  ///
  /// - Returns: What the calls returned, in order.
  /// - Throws: The first error, in order.
  func concurrently<Value: Sendable>(
    _ count: Int, _ body: @Sendable (Int, Database) throws -> Value
  ) throws -> [Value] {
    let queues = try connections(count)
    return try Checkpointing.concurrently(count) { number in
      try queues[number].read { try body(number, $0) }
    }
  }

  private func connections(_ count: Int) throws -> [DatabaseQueue] {
    try open.withLock { open in
      var configuration = Configuration.store
      configuration.readonly = true
      while open.count < count {
        open.append(try DatabaseQueue(path: path, configuration: configuration))
      }
      return Array(open.prefix(count))
    }
  }
}
