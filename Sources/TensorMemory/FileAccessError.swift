#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Why a file cannot be read or written.
public struct FileAccessError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// There is no such file.
    public static let missing = Code(name: "missing")
    /// The path names a folder, a pipe or a device.
    public static let notAFile = Code(name: "notAFile")
    /// The file was changed while it was read.
    public static let changed = Code(name: "changed")
    /// An output would take the place of a file that it is made of.
    public static let isInput = Code(name: "isInput")
    /// The system refused: no permission, no space, a broken disk.
    public static let inputOutput = Code(name: "inputOutput")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func missing(_ path: String) -> FileAccessError {
    FileAccessError(
      code: .missing,
      message: """
        Cannot read "\(path)": there is no such file.
        Check the path.
        """)
  }

  static func notAFile(_ path: String) -> FileAccessError {
    FileAccessError(
      code: .notAFile,
      message: """
        Cannot read "\(path)": it is a folder, a pipe or a device.
        Give the path of a file.
        """)
  }

  static func isInput(_ path: String, _ input: String) -> FileAccessError {
    let isSame = path.utf8.elementsEqual(input.utf8)
    return FileAccessError(
      code: .isInput,
      message: """
        Cannot write "\(path)": it is \(isSame ? "read for this" : "\"\(input)\", which is read for this"), and would be \
        lost; nothing was changed.
        Give the output another path.
        """)
  }

  static func changed(_ path: String) -> FileAccessError {
    FileAccessError(
      code: .changed,
      message: """
        "\(path)" was changed by another program while it was read.
        Read it again when that has finished.
        """)
  }

  /// - Parameter number: The system's error number.
  static func failed(_ path: String, _ action: String, _ number: Int32) -> FileAccessError {
    // The text belongs to the C library and is copied at once.
    let reason = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    return FileAccessError(
      code: .inputOutput,
      message: """
        Cannot \(action) "\(path)": \(reason).
        Check the path, your permissions and the space on the disk.
        """)
  }
}
