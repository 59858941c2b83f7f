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
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func changed(_ name: String, count: Int) -> ModelImportError {
    ModelImportError(
      code: .changed,
      message: """
        The file was changed while it was imported: \(count) variables, "\(name.prefix(200))" the first, \
        have other bytes than when it was read first.
        Import it again with --on-existing replace when nobody writes to it.
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
