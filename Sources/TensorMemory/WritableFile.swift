#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is there under its name when it is whole, and not before: how every output is written.
///
/// 1. *open*: bytes go to a file that has no name, or one beside the target with the number of this process and
///    `.partial` behind its name, where the system has no files without a name.
/// 2. *finished*: the bytes are on the disk.
/// 3. *published*: the file has its name, in place of what had it before, whose mode it has.
///
/// A link is followed to what it leads to. Devices and pipes are written as they are, and stay what they are.
///
/// What is not published is removed with the last reference. A process that is killed leaves the target as it
/// was.
///
/// A class, because it owns an open file and its end removes it. One task uses it at a time.
public final class WritableFile {
  /// The path that the file is to have.
  public let path: String
  /// The number of bytes so far.
  public private(set) var byteCount = 0
  /// Where the bytes lie until they have their name; `nil` for a file that has no name, and what is written
  /// as it is.
  private var partialPath: String?
  /// The path behind all links; `nil` for a device or a pipe.
  private let target: String?
  private var descriptor: Int32
  private var isPublished = false

  /// Opens a file that is to stand at `path`.
  ///
  /// - Parameter path: What is there is replaced; a device or a pipe is written.
  /// - Parameter inputs: Files that must not be replaced, by whatever path they are named, such as those that
  ///   the output is made of.
  /// - Throws: `FileAccessError` with the codes `isInput`, `notAFile`, `inputOutput`.
  public init(replacing path: String, sparing inputs: [String] = []) throws {
    self.path = path
    for input in inputs where try Self.isSame(path, input) {
      throw FileAccessError.isInput(path, input)
    }
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    let kind = isThere ? status.st_mode & S_IFMT : S_IFREG
    guard kind != S_IFDIR else { throw FileAccessError.failed(path, "write", EISDIR) }
    guard kind == S_IFREG else {
      target = nil
      descriptor = try Self.openStream(path)
      return
    }
    let target = try Self.followed(path)
    self.target = target
    // As a new file has it, where there is none.
    let mode = isThere ? status.st_mode & 0o777 : 0o666
    descriptor = Self.openNameless(in: Self.folder(of: target), mode)
    if descriptor < 0 {
      let partial = "\(target).\(getpid()).partial"
      descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)
      guard descriptor >= 0 else { throw FileAccessError.failed(path, "write", errno) }
      partialPath = partial
    }
    guard isThere else { return }
    // The mask of new files does not hold for one that is there. Another's file may stay ours.
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    guard fchmod(descriptor, mode) == 0 else { throw FileAccessError.failed(path, "write", errno) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isPublished, let partialPath { unlink(partialPath) }
  }

  /// True for a device or a pipe, which takes bytes one after another, each once.
  public var isStream: Bool { target == nil }

  /// Adds bytes.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`; `CancellationError` where the task is cancelled.
  public func append(_ bytes: RawSpan) throws {
    try Task.checkCancellation()
    try write(bytes, at: byteCount)
    byteCount += bytes.byteCount
  }

  /// Adds bytes.
  ///
  /// - Throws: As the other.
  public func append(_ bytes: [UInt8]) throws { try append(bytes.span.bytes) }

  /// Writes over bytes that are there already.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`, for streams as well.
  public func overwrite(at offset: Int, with bytes: [UInt8]) throws {
    precondition(offset >= 0 && offset + bytes.count <= byteCount, "bytes inside the file")
    guard !isStream else { throw FileAccessError.failed(path, "write", ESPIPE) }
    try write(bytes.span.bytes, at: offset)
  }

  /// Waits until all bytes are on the disk.
  ///
  /// - Parameter isDurable: False leaves the time to the system: enough for what can be made again.
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func finish(isDurable: Bool = true) throws {
    if !isStream, isDurable, fsync(descriptor) != 0 {
      throw FileAccessError.failed(path, "write", errno)
    }
    // A file without a name is closed when it has one.
    if target == nil || partialPath != nil { try closeDescriptor() }
  }

  /// Gives a finished file its name.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`.
  public func publish() throws {
    defer { isPublished = true }
    guard let target else { return }
    if partialPath == nil {
      let partial = "\(target).\(getpid()).partial"
      unlink(partial)
      guard Self.name(descriptor, partial) == 0 else {
        throw FileAccessError.failed(path, "write", errno)
      }
      partialPath = partial
      do {
        try closeDescriptor()
      } catch {
        unlink(partial)
        throw error
      }
    }
    guard let partialPath, rename(partialPath, target) == 0 else {
      let number = errno
      if let partialPath { unlink(partialPath) }
      throw FileAccessError.failed(path, "write", number)
    }
    try Self.syncFolder(of: target, path)
  }

  /// Removes a file, so that it is gone from the disk as well before anything that is published afterwards is
  /// there.
  ///
  /// A link is followed, and stays; a device or a pipe stays as well.
  ///
  /// - Throws: `FileAccessError.Code.inputOutput`; none where there is no such file.
  public static func remove(_ path: String) throws {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    let target = try followed(path)
    guard unlink(target) == 0 else { throw FileAccessError.failed(path, "write", errno) }
    try syncFolder(of: target, path)
  }

  /// True where two paths lead to one file, or would.
  private static func isSame(_ path: String, _ other: String) throws -> Bool {
    let (known, found) = (FileIdentity(path: path), FileIdentity(path: other))
    guard known == nil, found == nil else { return known == found }
    let targets = try (followed(path), followed(other))
    let folders = [targets.0, targets.1].map { FileIdentity(path: folder(of: $0)) }
    let names = [targets.0, targets.1].map { target in
      target.utf8.split(separator: UInt8(ascii: "/")).last.map { Array($0) }
    }
    return folders[0] != nil && folders[0] == folders[1] && names[0] == names[1]
  }

  /// Opens a device or a pipe; waits until somebody reads from it, or the task is cancelled.
  private static func openStream(_ path: String) throws -> Int32 {
    while true {
      let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      if descriptor >= 0 {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
        return descriptor
      }
      // A pipe that nobody reads from yet.
      guard errno == ENXIO || errno == EINTR else {
        throw FileAccessError.failed(path, "write", errno)
      }
      try Task.checkCancellation()
      usleep(20_000)
    }
  }

  private func closeDescriptor() throws {
    let result = close(descriptor)
    descriptor = -1
    guard result == 0 else { throw FileAccessError.failed(path, "write", errno) }
  }

  /// What a path leads to by links, which need not be there.
  private static func followed(_ path: String) throws -> String {
    var path = path
    // As many as Linux follows.
    for _ in 0..<40 {
      var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let count = buffer.withUnsafeMutableBytes { buffer -> Int in
        guard let base = buffer.baseAddress else { return -1 }
        // `buffer` has as many bytes as it says.
        return unsafe readlink(path, base, buffer.count)
      }
      guard count >= 0 else { return path }
      let link = String(decoding: buffer[..<count], as: UTF8.self)
      path = link.hasPrefix("/") ? link : "\(folder(of: path))/\(link)"
    }
    throw FileAccessError.failed(path, "write", ELOOP)
  }

  /// A file in a folder that has no name, and goes with its last descriptor; negative where the system or the
  /// folder's file system has none.
  private static func openNameless(in folder: String, _ mode: mode_t) -> Int32 {
    #if os(Linux)
      // `O_TMPFILE` and its part `O_DIRECTORY`, which is no constant that Swift sees.
      let descriptor = open(folder, O_WRONLY | O_CLOEXEC | 0o20000000 | O_DIRECTORY, mode)
      // A name can be given by way of /proc only.
      guard descriptor >= 0, access("/proc/self/fd/\(descriptor)", F_OK) != 0 else {
        return descriptor
      }
      close(descriptor)
    #endif
    return -1
  }

  /// Gives a file that has none a name.
  private static func name(_ descriptor: Int32, _ path: String) -> Int32 {
    #if os(Linux)
      return linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW)
    #else
      return -1
    #endif
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { path[..<$0].isEmpty ? "/" : String(path[..<$0]) } ?? "."
  }

  /// The name is on the disk, too.
  private static func syncFolder(of target: String, _ path: String) throws {
    let handle = open(folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    defer { close(handle) }
    // Some file systems cannot be asked for it, and say EINVAL.
    if fsync(handle) != 0, errno == EIO { throw FileAccessError.failed(path, "write", EIO) }
  }

  private func write(_ bytes: RawSpan, at offset: Int) throws {
    try bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, let base = buffer.baseAddress {
        // `buffer.count - done` bytes are left behind `base + done`.
        let count =
          isStream
          ? unsafe Self.write(descriptor, base + done, buffer.count - done)
          : unsafe pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileAccessError.failed(path, "write", errno) }
        done += count
      }
    }
  }

  /// The system's call, which has the name of a method here.
  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
      unsafe Musl.write(descriptor, bytes, count)
    #else
      unsafe Darwin.write(descriptor, bytes, count)
    #endif
  }
}
