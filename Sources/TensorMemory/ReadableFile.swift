#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where bytes lie in a file.
public struct FileLocation: Sendable, Hashable {
  /// The file's path.
  public let path: String
  /// The first byte.
  public let offset: Int

  /// Names a place in a file.
  public init(path: String, offset: Int) {
    self.path = path
    self.offset = offset
  }
}

/// Which file a path leads to: two paths of one file have the same, links and hard links too.
public struct FileIdentity: Sendable, Hashable {
  private let device: UInt64
  private let number: UInt64

  /// The file at a path; `nil` where there is none.
  public init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    number = UInt64(status.st_ino)
  }
}

/// A file that is open for reading at any place, by any number of tasks at once.
///
/// Its bytes are never mapped, so that a file that shrinks meanwhile is an error and no crash. A read of
/// a file that has changed since it was opened fails.
///
/// A class, because it owns an open file.
public final class ReadableFile: Sendable {
  /// The path that was opened.
  public let path: String
  /// The number of bytes.
  public let byteCount: Int
  private let descriptor: Int32
  private let stamp: Stamp

  /// What tells that nobody has written to a file.
  private struct Stamp: Sendable, Equatable {
    let byteCount: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  /// Opens a file.
  ///
  /// - Throws: `FileAccessError` with the codes `missing`, `notAFile`, `inputOutput`.
  public init(path: String) throws {
    // Opening a pipe would else wait for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      let number = errno
      throw number == ENOENT || number == ENOTDIR
        ? FileAccessError.missing(path) : FileAccessError.failed(path, "read", number)
    }
    do {
      stamp = try Self.stamp(of: descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(stamp.byteCount)
  }

  deinit { close(descriptor) }

  /// Fills all of `span` with the bytes from `offset` on.
  ///
  /// - Throws: `FileAccessError` with the codes `changed`, also where the file ends before, and
  ///   `inputOutput`.
  public func read(into span: inout MutableRawSpan, at offset: Int) throws {
    precondition(offset >= 0, "a place in a file is not negative")
    try span.withUnsafeMutableBytes { buffer in
      var done = 0
      while done < buffer.count, let base = buffer.baseAddress {
        // `buffer.count - done` bytes are left behind `base + done`.
        let count = unsafe pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw FileAccessError.failed(path, "read", errno) }
        guard count > 0 else { throw FileAccessError.changed(path) }
        done += count
      }
    }
    guard try Self.stamp(of: descriptor, path) == stamp else { throw FileAccessError.changed(path) }
  }

  /// The bytes of a range that lies inside the file.
  ///
  /// - Throws: As `read(into:at:)`.
  public func bytes(in range: Range<Int>) throws -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "range inside the file")
    var bytes = [UInt8](repeating: 0, count: range.count)
    var elements = bytes.mutableSpan
    var span = elements.mutableBytes
    try read(into: &span, at: range.lowerBound)
    return bytes
  }

  private static func stamp(of descriptor: Int32, _ path: String) throws -> Stamp {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileAccessError.failed(path, "read", errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileAccessError.notAFile(path) }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return Stamp(
      byteCount: Int64(status.st_size), seconds: time.tv_sec, nanoseconds: Int(time.tv_nsec))
  }
}
