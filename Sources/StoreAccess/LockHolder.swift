internal import Foundation

/// A process that holds a lock on a file that another one waits for.
public struct LockHolder: Sendable, Hashable, CustomStringConvertible {
  /// The number of the process.
  public let process: Int32
  /// Its command line, where the system tells it.
  public let command: String?

  /// As people say it: `nascent materialize g.json --store s.db (process 4711)`.
  public var description: String {
    command.map { "\($0) (process \(process))" } ?? "process \(process)"
  }

  /// The other processes that hold one of SQLite's locks on a file, as the system's table of locks has
  /// them; empty where the system has no such table.
  ///
  /// The file is not opened for it: closing it would take this process's own locks away.
  public static func holders(ofFile path: String) -> [LockHolder] {
    guard let table = locks(),
      let attributes = try? FileManager.default.attributesOfItem(
        atPath: URL(filePath: path).resolvingSymlinksInPath().path),
      let inode = attributes[.systemFileNumber] as? Int
    else { return [] }
    var found: [Int32] = []
    for line in table.split(separator: "\n") {
      // 1: POSIX  ADVISORY  WRITE 14939 fe:00:5687697 1073741824 1073742335
      let fields = line.split(separator: " ").filter { $0 != "->" }
      guard fields.count >= 8, fields[1] == "POSIX" || fields[1] == "OFDLCK",
        fields[5].split(separator: ":").last == Substring(String(inode)),
        let start = Int(fields[6]), lockRange.contains(start), let process = Int32(fields[4]),
        process > 0, process != ProcessInfo.processInfo.processIdentifier,
        !found.contains(process)
      else { continue }
      found.append(process)
    }
    return found.map { LockHolder(process: $0, command: command(of: $0)) }
  }

  /// The system's table, whole: it says that it has no length, and `String(contentsOfFile:)` takes the first
  /// page of it for all.
  private static func locks() -> String? {
    guard let file = FileHandle(forReadingAtPath: "/proc/locks") else { return nil }
    var bytes = Data()
    while let part = try? file.read(upToCount: 1 << 16), !part.isEmpty { bytes += part }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes that SQLite locks in place of the whole file.
  ///
  /// - Source: `PENDING_BYTE` and `SHARED_SIZE` in SQLite's `os.h`.
  private static let lockRange = 0x4000_0000..<0x4000_0200

  private static func command(of process: Int32) -> String? {
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline"),
      !bytes.isEmpty
    else { return nil }
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard let program = words.first?.split(separator: "/").last else { return nil }
    return ([String(program)] + words.dropFirst()).joined(separator: " ")
  }
}
