public import GRDB
internal import GRDBSQLite

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Why the system refused SQLite a call, which SQLite's own codes do not tell apart.
public struct SystemRefusal: Sendable, Hashable {
  /// What can be done about it.
  public enum Kind: Sendable {
    /// The disk is full.
    case noSpace
    /// The user's share of the disk is used up.
    case quota
    /// The file would be larger than a file may be, for this process or on this file system.
    case fileTooLarge
    /// The user may not, or nobody may.
    case notAllowed
    /// Everything else, a broken disk among it.
    case other
  }

  /// What can be done about it.
  public let kind: Kind
  /// The system's words for it.
  public let reason: String

  /// What an error number of the system stands for.
  public init(number: Int32) {
    kind =
      switch number {
      case ENOSPC: .noSpace
      case EDQUOT: .quota
      case EFBIG: .fileTooLarge
      case EACCES, EPERM, EROFS: .notAllowed
      default: .other
      }
    // The text belongs to the C library and is copied at once.
    reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
  }
}

extension Database {
  /// Why the system refused the call that has just failed, on this thread; `nil` where it does not tell.
  public var lastRefusal: SystemRefusal? {
    let latest = SystemRefusal(number: errno)
    let number = unsafe sqlite3_system_errno(sqliteConnection)
    if number != 0 { return SystemRefusal(number: number) }
    // SQLite does not keep the number where a commit fails: then it is still the thread's latest. One
    // that says little may be of another call.
    return latest.kind == .other ? nil : latest
  }
}
