internal import Foundation
internal import GRDB
internal import StoreAccess
internal import StoreSchema
internal import Tensors

/// A SQLite file of checkpoints: specs, digests and bytes of variables.
///
/// A file has one writer at a time; others wait, and give up after `busyTimeoutSeconds`. Reading
/// checks every chunk that it touches against its digest.
///
/// A class, because it owns an open file.
public final class CheckpointStore: Sendable {
  /// How long a reader or writer waits for another process.
  public static let busyTimeoutSeconds = 10

  /// What a store is opened for.
  public enum Access: Sendable {
    /// The file must be a store; it is never changed.
    case read
    /// The file is made where there is none.
    case write
  }

  /// The path of the file.
  public let path: String
  private let isReading: Bool
  let queue: DatabaseQueue
  private let waiting: LockWaiting
  let readers: ReadingConnections
  let seals = SealMemory()
  /// How many bytes of payloads were read through this store so far; a chunk is read whole.
  package var readByteCount: Int { readers.tally.byteCount }
  /// Where saves wait for each other.
  package let saves = SaveQueue()

  /// Opens a store.
  ///
  /// A path is the name of a file and nothing else; what is no file is refused. Where a program ended while
  /// it wrote, its last transaction is undone first, also when the store is
  /// opened for reading.
  ///
  /// - Parameter path: The path of the file.
  /// - Parameter access: What the store is opened for; without a file there, `write` makes one.
  /// - Parameter onWait: Is told when another program has kept this one waiting for about a second.
  /// - Throws: `CheckpointError` with the codes `notAStore`, `otherVersion`, `severalNames`, `busy`,
  ///   `inputOutput`.
  public init(
    path: String, for access: Access = .write, onWait: (@Sendable (StoreWait) -> Void)? = nil
  ) throws {
    self.path = path
    isReading = access == .read
    waiting = LockWaiting(path: path, onWait: onWait)
    try StoreOpening.check(path)
    if access == .read, !FileManager.default.fileExists(atPath: path) {
      throw CheckpointError.notAStore(path, because: "there is no such file")
    }
    if access == .write { try Self.checkNames(path) }
    do {
      let opened = try Self.open(path, for: access, waiting)
      queue = opened.queue
      readers = ReadingConnections(path: path, mode: opened.mode)
    } catch let error as DatabaseError {
      throw CheckpointError.database(error, path: path, holder: waiting.holder)
    }
  }

  /// Keeps 128 KiB aside, so that opening a store throws where the system has no memory left, instead of
  /// ending the process. It is enough for three openings at one time.
  ///
  /// For programs, at their start: the reserve stands behind SQLite's memory in the whole process.
  ///
  /// - Returns: Whether it could: not where SQLite is in use already.
  @discardableResult
  public static func keepMemoryReserve() -> Bool { MemoryReserve.keep() }

  private static func open(
    _ path: String, for access: Access, _ waiting: LockWaiting
  ) throws -> (queue: DatabaseQueue, mode: StoreOpening.Mode) {
    var configuration = Configuration.store(waiting)
    configuration.allowsUnsafeTransactions = true
    if access == .write {
      configuration.prepareDatabase { db in
        // 64 KiB pages and a rollback journal (SQLite's default, so it is not set: setting it would
        // wait for other processes a second time) load bulk data fastest and stay safe at every
        // moment. EXTRA also brings the journal's deletion to the disk, which is what commits: with
        // less, power that fails could undo a transaction that was reported. The cache holds the upper pages of every index, which would else be written and
        // read again and again. Freed pages need no zeros written over them: the bytes can be made
        // again by anyone.
        try db.execute(
          sql: """
            PRAGMA page_size = 65536; PRAGMA cache_size = -16384; PRAGMA synchronous = EXTRA;
            PRAGMA secure_delete = OFF
            """)
      }
    }
    guard access == .read else {
      let queue = try DatabaseQueue.opened(path, configuration)
      try prepare(queue, path: path, access: access)
      return (queue, try StoreOpening.isInWALMode(queue) ? .log : .reading)
    }
    func reader() throws -> (queue: DatabaseQueue, mode: StoreOpening.Mode) {
      let opened = try StoreOpening.reader(path, configuration)
      try prepare(opened.queue, path: path, access: access)
      if opened.mode == .log {
        // The connection may write, so that the files beside the store go with it; it is not to.
        try opened.queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = ON") }
      }
      return opened
    }
    do {
      return try reader()
    } catch let error as DatabaseError where error.isUnfinishedTransaction {
      try undo(path, waiting)
      return try reader()
    }
  }

  /// Undoes what a program that ended while it wrote has left behind, which takes a connection that may
  /// write.
  ///
  /// - Throws: `CheckpointError.Code.inputOutput` where that cannot be.
  private static func undo(_ path: String, _ waiting: LockWaiting) throws {
    do {
      try DatabaseQueue.opened(path, .store(waiting)).read { db in
        _ = try Int.fetchOne(db, sql: "PRAGMA schema_version")
      }
    } catch let error as DatabaseError where error.resultCode != .SQLITE_BUSY {
      throw CheckpointError.unfinished(path, error)
    }
  }

  /// SQLite's journal stands beside one name of a file: who opens it by another sees a transaction half
  /// done, and two writers do not see each other's.
  ///
  /// - Throws: `CheckpointError.Code.severalNames`.
  static func checkNames(_ path: String) throws {
    let resolved = URL(filePath: path).resolvingSymlinksInPath().path
    // A file that is not there, or not to be looked at, is the opening's affair.
    let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
    guard let count = attributes?[.referenceCount] as? Int, count > 1 else { return }
    throw CheckpointError.severalNames(path, count: count)
  }

  private static func prepare(_ queue: DatabaseQueue, path: String, access: Access) throws {
    let (application, version, isEmpty) = try queue.read { db in
      (
        try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
        try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0 == 0
      )
    }
    if isEmpty, application == 0, access == .write {
      return try make(queue, path: path)
    }
    guard application == StoreSchema.applicationID, version > 0 else {
      throw CheckpointError.notAStore(
        path, because: "it is a SQLite file with application id \(application)")
    }
    guard version == StoreSchema.version else {
      throw CheckpointError.otherVersion(path, found: version)
    }
    try queue.read { try SchemaCheck.check($0, path: path) }
  }

  private static func make(_ queue: DatabaseQueue, path: String) throws {
    try queue.writeWithoutTransaction { db in
      try db.explainingFailures(path: path) {
        try db.inTransaction(.immediate) {
          // Another process may have been faster while this one waited for the lock.
          if try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 == 0 {
            try db.execute(sql: StoreSchema.store)
            try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
            try db.execute(sql: "PRAGMA user_version = \(StoreSchema.version)")
          }
          try SchemaCheck.check(db, path: path)
          return .commit
        }
      }
    }
  }

  /// Reads one state of the file, with SQLite's failures said in the store's words.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try readOnce(body)
    } catch let error as DatabaseError where error.isUnfinishedTransaction && isReading {
      // A program has ended in the middle of a transaction since this one opened the file.
      try Self.undo(path, waiting)
      return try readOnce(body)
    } catch let error as DatabaseError {
      throw CheckpointError.database(error, path: path, holder: waiting.holder)
    }
  }

  private func readOnce<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try queue.writeWithoutTransaction { db in
      do {
        return try db.transaction(.deferred, body)
      } catch let error as DatabaseError where !error.isUnfinishedTransaction {
        throw CheckpointError.database(
          error, path: path, refusal: db.lastRefusal, holder: waiting.holder)
      }
    }
  }

  /// Writes in one transaction on the store's own thread.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    try await access { db in try db.transaction(.immediate, body) }
  }

  /// Works on the store's own thread, in what transactions `body` likes.
  func access<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    let path = path
    let waiting = waiting
    return try await queue.writeWithoutTransaction { db in
      try db.explainingFailures(path: path, waiting) { try body(db) }
    }
  }
}

extension DatabaseQueue {
  /// Opens a connection that may write to a file.
  static func opened(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
    try StoreOpening.connection(path, .log, configuration)
  }
}

extension Configuration {
  /// What every connection to a store has.
  static func store(_ waiting: LockWaiting) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .callback { tries in waiting.wait(tries: tries) }
    configuration.label = "nascent.store"
    // To check a key, SQLite first copies every page that the statement changes into a file: four
    // gigabytes for a store of one. The statements here keep the references right themselves.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in try db.defend() }
    return configuration
  }
}

extension Database {
  /// Runs `body`, with SQLite's failures said in the store's words.
  fileprivate func explainingFailures<Value>(
    path: String, _ waiting: LockWaiting? = nil, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw CheckpointError.database(
        error, path: path, refusal: lastRefusal, holder: waiting?.holder)
    }
  }

  /// Runs `body` in a transaction of its own.
  ///
  /// A run of many writes leaves its transaction open between them; it is ended first, so that what
  /// others read is on the disk and what they write does not depend on the run's end.
  func transaction<Value>(
    _ kind: TransactionKind, _ body: (Database) throws -> Value
  ) throws -> Value {
    if isInsideTransaction { try commitSealed() }
    var value: Value?
    try inTransaction(kind) {
      if kind == .immediate { try checkSealed() }
      value = try body(self)
      if kind == .immediate { try seal() }
      return .commit
    }
    guard let value else { preconditionFailure("a committed transaction has a value") }
    return value
  }
}
