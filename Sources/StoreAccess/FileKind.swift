#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a path leads to, links followed; found without opening it, as opening a pipe waits for a writer.
public enum FileKind: Sendable, Hashable {
  /// A file of bytes.
  case regular
  /// Anything else that is there.
  case folder, pipe, device, socket

  /// What is at a path; `nil` where nothing is, or where it may not be looked at.
  public init?(atPath path: String) {
    var status = stat()
    // The call writes to `status` alone.
    guard unsafe stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    default: self = .device
    }
  }

  /// The number of bytes of a regular file; 0 where there is none.
  public static func byteCount(ofFileAt path: String) -> Int {
    var status = stat()
    // The call writes to `status` alone.
    guard unsafe stat(path, &status) == 0 else { return 0 }
    return Int(status.st_size)
  }

  /// As people say it: `a named pipe`.
  public var name: String {
    switch self {
    case .regular: "a file"
    case .folder: "a folder"
    case .pipe: "a named pipe"
    case .device: "a device"
    case .socket: "a socket"
    }
  }
}
