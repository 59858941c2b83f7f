internal import Foundation

/// Tells other writers of a store, in this process and in others, that one is at work.
///
/// It is a shared lock on the store's folder, which the system takes back when the process ends,
/// however it ends. The folder, because closing any other handle of the store's file would take SQLite's
/// own locks away. Stores in one folder are taken for one another: that only puts off cleaning.
///
/// A class, because it owns an open folder.
public final class WriterPresence: Sendable {
  /// -1 where the folder cannot be opened or locked, as on some network file systems.
  private let folder: Int32

  /// Is present from now on, until it is released.
  public init(beside path: String) {
    // A symbolic link may stand in another folder than the file.
    let name = URL(filePath: path).resolvingSymlinksInPath().deletingLastPathComponent().path
    let opened = open(name, O_RDONLY | O_CLOEXEC)
    if opened >= 0, flock(opened, LOCK_SH) != 0 {
      close(opened)
      folder = -1
    } else {
      folder = opened
    }
  }

  deinit { if folder >= 0 { close(folder) } }

  /// True where certainly no other writer is present.
  public func isAlone() -> Bool {
    guard folder >= 0, flock(folder, LOCK_EX | LOCK_NB) == 0 else { return false }
    // One that comes in between waits in `init`, for this moment only.
    return flock(folder, LOCK_SH) == 0
  }
}
