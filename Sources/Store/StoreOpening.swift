internal import Foundation
internal import GRDB
internal import StoreAccess
internal import Tensors

/// How the file of a store is opened: a path is the name of a file and nothing else, and what is no file is
/// refused before SQLite sees it.
enum StoreOpening {
  /// How further connections to the same file are opened.
  enum Mode: Sendable {
    /// For reading alone.
    case reading
    /// The file is in SQLite's WAL mode: only a connection that may write takes `-wal` and `-shm` away
    /// when it is closed.
    case log
    /// The file is in WAL mode where nothing can be written, and no `-wal` is left: it is all there is.
    case immutable
  }

  /// - Throws: `CheckpointError.Code.notAStore` for what is no file.
  static func check(_ path: String) throws {
    if path.isEmpty || path.utf8.contains(0) {
      throw CheckpointError.notAStore(
        path.shown, because: path.isEmpty ? "the path is empty" : "the path has a NUL")
    }
    guard let kind = FileKind(atPath: path), kind != .regular else { return }
    throw CheckpointError.notAStore(path, because: "it is \(kind.name)")
  }

  /// The path as SQLite reads it: `:memory:`, `file:…` and an empty one mean something else to it.
  static func plain(_ path: String) -> String { path.hasPrefix("/") ? path : "./" + path }

  /// A connection for reading a file, and how further ones are opened.
  ///
  /// The file's mode is asked of SQLite: to open the file for a look would, when it is closed, take away
  /// the locks that this process has on it.
  ///
  /// - Throws: `CheckpointError.Code.inputOutput` for a file in WAL mode that cannot be read here, and
  ///   `DatabaseError`.
  static func reader(
    _ path: String, _ configuration: Configuration
  ) throws -> (queue: DatabaseQueue, mode: Mode) {
    do {
      let queue = try connection(path, .reading, configuration)
      guard try isInWALMode(queue) else { return (queue, .reading) }
      return (try connection(path, .log, configuration), .log)
    } catch let error as DatabaseError where error.isUnreadable {
      guard FileKind(atPath: path) == .regular else { throw error }
      let log = URL(filePath: path).resolvingSymlinksInPath().path + "-wal"
      guard FileKind.byteCount(ofFileAt: log) == 0 else {
        throw CheckpointError.unreadableWAL(path, error)
      }
      do {
        return (try connection(path, .immutable, configuration), .immutable)
      } catch is DatabaseError {
        // It was not the mode of the file.
        throw error
      }
    }
  }

  /// A connection to a file.
  static func connection(
    _ path: String, _ mode: Mode, _ configuration: Configuration
  ) throws -> DatabaseQueue {
    var configuration = configuration
    configuration.readonly = mode != .log
    return try MemoryReserve.opening {
      try DatabaseQueue(
        path: mode == .immutable ? immutable(path) : plain(path), configuration: configuration)
    }
  }

  static func isInWALMode(_ queue: DatabaseQueue) throws -> Bool {
    try queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") == "wal" }
  }

  /// SQLite's name for a file that nobody changes; every byte that is not plain is escaped.
  private static func immutable(_ path: String) -> String {
    let absolute = URL(filePath: path).resolvingSymlinksInPath().path
    let escaped = absolute.utf8.map { byte -> String in
      let scalar = Unicode.Scalar(byte)
      if scalar.isASCII, scalar == "/" || scalar.properties.isAlphabetic { return String(scalar) }
      let digits = String(byte, radix: 16)
      return "%" + (digits.count == 1 ? "0" : "") + digits
    }
    return "file:\(escaped.joined())?immutable=1"
  }
}

extension DatabaseError {
  /// True where SQLite cannot make or read the files beside a database.
  fileprivate var isUnreadable: Bool {
    resultCode == .SQLITE_CANTOPEN || extendedResultCode == .SQLITE_READONLY_CANTINIT
      || extendedResultCode == .SQLITE_READONLY_RECOVERY
      || extendedResultCode == .SQLITE_READONLY_DIRECTORY
  }
}
