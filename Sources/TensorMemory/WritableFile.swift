#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is there under its name when it is whole, and not before.
///
/// 1. *open*: bytes go to a file beside the target, with the number of this process and `.partial`
///    behind its name.
/// 2. *finished*: the bytes are on the disk.
/// 3. *published*: the file has its name, in place of what had it before.
///
/// What is not published is removed with the last reference. A process that is killed leaves the target
/// as it was, and the partial file beside it.
///
/// A class, because it owns an open file and its end removes it. One task uses it at a time.
public final class WritableFile {
  /// The path that the file is to have.
  public let path: String
  /// The number of bytes so far.
  public private(set) var byteCount = 0
  private let partialPath: String
  private var descriptor: Int32
  private var isPublished = false

  /// Opens a file that is to stand at `path`.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public init(replacing path: String) throws {
    self.path = path
    partialPath = "\(path).\(getpid()).partial"
    descriptor = open(partialPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      isPublished = true
      throw FileAccessError.failed(path, "write", errno)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isPublished { unlink(partialPath) }
  }

  /// Adds bytes.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func append(_ bytes: RawSpan) throws {
    try write(bytes, at: byteCount)
    byteCount += bytes.byteCount
  }

  /// Adds bytes.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func append(_ bytes: [UInt8]) throws { try append(bytes.span.bytes) }

  /// Writes over bytes that are there already.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func overwrite(at offset: Int, with bytes: [UInt8]) throws {
    precondition(offset >= 0 && offset + bytes.count <= byteCount, "bytes inside the file")
    try write(bytes.span.bytes, at: offset)
  }

  /// Waits until all bytes are on the disk.
  ///
  /// - Parameter isDurable: False leaves the time to the system: enough for what can be made again.
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func finish(isDurable: Bool = true) throws {
    if isDurable, fsync(descriptor) != 0 { throw FileAccessError.failed(path, "write", errno) }
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else { throw FileAccessError.failed(path, "write", errno) }
  }

  /// Gives a finished file its name.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func publish() throws {
    precondition(descriptor < 0, "a file is finished before it is published")
    guard rename(partialPath, path) == 0 else {
      throw FileAccessError.failed(path, "write", errno)
    }
    isPublished = true
    let end = path.lastIndex(of: "/")
    let folder = end.map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
    let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    defer { close(handle) }
    // The name is on the disk, too. Some file systems cannot be asked for it, and say EINVAL.
    if fsync(handle) != 0, errno == EIO { throw FileAccessError.failed(path, "write", EIO) }
  }

  private func write(_ bytes: RawSpan, at offset: Int) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, let base = buffer.baseAddress {
        // `buffer.count - done` bytes are left behind `base + done`.
        let count = unsafe pwrite(
          descriptor, base + done, buffer.count - done, off_t(offset + done))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileAccessError.failed(path, "write", errno) }
        done += count
      }
    }
  }
}
