internal import Dispatch
internal import Foundation
public import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Brings what is written to a database file to the disk while more is written, so that the commit,
/// which must wait for all of it, waits for the last part only.
///
/// It adds nothing to what makes a commit durable and takes nothing from it: SQLite still syncs as
/// always. A class, because it owns a thread.
///
/// States: *running*, from `init` to `stop`; *stopped*, for good.
public final class FlushAhead: Sendable {
  /// How much is written between two flushes. Small parts keep the disk busy; smaller ones only cost.
  private static let stepByteCount = 32 << 20

  private struct State {
    var unflushedByteCount = 0
    var isStopped = false
    var failure: DatabaseError?
  }
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Begins to flush the main file of a connection, which must have committed once since it made the
  /// file: SQLite's first sync also syncs the folder, and that is not for two threads.
  ///
  /// - Returns: `nil` where SQLite does not say what its file is.
  public init?(_ db: Database) {
    var file: UnsafeMutablePointer<sqlite3_file>?
    let code = unsafe sqlite3_file_control(
      db.sqliteConnection, "main", SQLITE_FCNTL_FILE_POINTER, &file)
    guard code == SQLITE_OK, let file = unsafe file, let methods = unsafe file.pointee.pMethods,
      let sync = unsafe methods.pointee.xSync
    else { return nil }
    let place = UInt(bitPattern: file)
    let thread = Thread { [self] in
      // The file outlives the thread: `stop` waits for it, and the connection is closed later.
      guard let file = unsafe UnsafeMutablePointer<sqlite3_file>(bitPattern: place) else { return }
      while waitForBytes() {
        let code = unsafe sync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        if code != SQLITE_OK { fail(code) }
      }
      ended.signal()
    }
    thread.name = "nascent.flush"
    thread.start()
  }

  /// Says that so many bytes were written.
  ///
  /// - Throws: `DatabaseError` where a flush failed. The system reports such a failure once, so that
  ///   the commit would not hear of it: the transaction must be rolled back.
  public func wrote(byteCount: Int) throws {
    try check()
    let isDue = state.withLock { state in
      let before = state.unflushedByteCount
      state.unflushedByteCount += byteCount
      return before < Self.stepByteCount && state.unflushedByteCount >= Self.stepByteCount
    }
    if isDue { wake.signal() }
  }

  /// Throws where a flush failed, see `wrote`.
  public func check() throws {
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Ends the thread and waits for it.
  public func stop() {
    let wasRunning = state.withLock { state in
      defer { state.isStopped = true }
      return !state.isStopped
    }
    guard wasRunning else { return }
    wake.signal()
    ended.wait()
  }

  private func waitForBytes() -> Bool {
    wake.wait()
    return state.withLock { state in
      state.unflushedByteCount = 0
      return !state.isStopped
    }
  }

  private func fail(_ code: Int32) {
    state.withLock {
      $0.failure = DatabaseError(
        resultCode: ResultCode(rawValue: code), message: "the disk refused what was written to it")
    }
  }
}
