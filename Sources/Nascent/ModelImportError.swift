internal import Tensors

/// Why what was read from a model file is not kept.
public struct ModelImportError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The file was changed while it was imported.
    public static let changed = Code(name: "changed")
    /// The file is not what its own content digest says.
    public static let otherContent = Code(name: "otherContent")
    /// A tensor stands in several of the files, with other bytes.
    public static let ambiguous = Code(name: "ambiguous")
    /// The bytes of a tensor do not lie in a file as they are, so that nothing can refer to them.
    public static let notReferable = Code(name: "notReferable")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  /// - Parameter cause: What the store says of the variable.
  static func changed(_ cause: CheckpointError) -> ModelImportError {
    ModelImportError(
      code: .changed,
      message: """
        The file was changed while it was imported.
        \(cause)
        """)
  }

  static func ambiguous(_ name: String) -> ModelImportError {
    ModelImportError(
      code: .ambiguous,
      message: """
        Cannot import variable "\(name.shown)": several of the files have it, with other bytes; nothing was \
        changed.
        Leave it out of all files but one, or import them under other names or into other checkpoints.
        """)
  }

  static func notReferable(_ name: String) -> ModelImportError {
    ModelImportError(
      code: .notReferable,
      message: """
        Cannot refer to the bytes of variable "\(name.shown)": they are compressed, big-endian or stored column by \
        column in their file; nothing was changed.
        Import the file without a reference, which copies them, or save it as safetensors first.
        """)
  }

  static func otherContent(expected: String, found: Digest) -> ModelImportError {
    ModelImportError(
      code: .otherContent,
      message: """
        The file is damaged or was changed: its tensors have the content digest \(found.hex), and its \
        metadata say \(expected.prefix(64)).
        Export it again, or load it again from where it came from.
        """)
  }
}
