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
  let queue: DatabaseQueue
  let readers: ReadingConnections
  /// How many bytes of payloads were read through this store so far; a chunk is read whole.
  package var readByteCount: Int { readers.tally.byteCount }
  /// Where saves wait for each other.
  package let saves = SaveQueue()

  /// Opens a store, and brings an older one to the present version when it is opened for writing.
  ///
  /// - Throws: `CheckpointError` with the codes `notAStore`, `newerVersion`, `busy`, `inputOutput`.
  public init(path: String, for access: Access = .write) throws {
    self.path = path
    readers = ReadingConnections(path: path)
    if access == .read, !FileManager.default.fileExists(atPath: path) {
      throw CheckpointError.notAStore(path, because: "there is no such file")
    }
    var configuration = Configuration.store
    configuration.readonly = access == .read
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
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try Self.prepare(queue, path: path, access: access)
    } catch let error as DatabaseError {
      throw CheckpointError.database(error, path: path)
    }
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
      try migrate(queue, from: 0)
      return
    }
    guard application == StoreSchema.applicationID, version > 0 else {
      throw CheckpointError.notAStore(
        path, because: "it is a SQLite file with application id \(application)")
    }
    guard version <= StoreSchema.version else {
      throw CheckpointError.newerVersion(path, found: version, known: StoreSchema.version)
    }
    try queue.read { try SchemaCheck.check($0, version: version, path: path) }
    guard version < StoreSchema.version else { return }
    if access == .write {
      try migrate(queue, from: version)
    } else {
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: StoreSchema.readings[version - 1])
        if version < StoreSchema.firstVersionWithRoots { try db.noteProofs() }
      }
    }
  }

  private static func migrate(_ queue: DatabaseQueue, from version: Int) throws {
    try queue.writeWithoutTransaction { db in
      try db.inTransaction(.immediate) {
        // Another process may have been faster while this one waited for the lock.
        let present = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard present == version else { return .commit }
        for migration in StoreSchema.migrations[version...] { try db.execute(sql: migration) }
        if version < StoreSchema.firstVersionWithRoots { try db.addProofs() }
        try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(StoreSchema.version)")
        return .commit
      }
    }
  }

  /// Reads one state of the file, with SQLite's failures said in the store's words.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.writeWithoutTransaction { db in
        try db.transaction(.deferred, body)
      }
    } catch let error as DatabaseError {
      throw CheckpointError.database(error, path: path)
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
    do {
      return try await queue.writeWithoutTransaction(body)
    } catch let error as DatabaseError {
      throw CheckpointError.database(error, path: path)
    }
  }
}

extension Configuration {
  /// What every connection to a store has.
  static var store: Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(TimeInterval(CheckpointStore.busyTimeoutSeconds))
    configuration.label = "nascent.store"
    // To check a key, SQLite first copies every page that the statement changes into a file: four
    // gigabytes for a store of one. The statements here keep the references right themselves.
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in try db.defend() }
    return configuration
  }
}

extension Database {
  /// Runs `body` in a transaction of its own.
  ///
  /// A run of many writes leaves its transaction open between them; it is ended first, so that what
  /// others read is on the disk and what they write does not depend on the run's end.
  fileprivate func transaction<Value>(
    _ kind: TransactionKind, _ body: (Database) throws -> Value
  ) throws -> Value {
    if isInsideTransaction { try commit() }
    var value: Value?
    try inTransaction(kind) {
      value = try body(self)
      return .commit
    }
    guard let value else { preconditionFailure("a committed transaction has a value") }
    return value
  }
}
