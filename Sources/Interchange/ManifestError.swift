internal import Tensors

/// Why a graph manifest cannot be read.
public struct ManifestError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The text is not JSON, or a field has the wrong form.
    public static let malformed = Code(name: "malformed")
    /// The manifest has a format that this version does not know.
    public static let unknownFormat = Code(name: "unknownFormat")
    /// Aliases go round in a circle or name no variable.
    public static let unresolvedAlias = Code(name: "unresolvedAlias")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func notJSON(_ detail: String) -> ManifestError {
    ManifestError(
      code: .malformed,
      message: """
        The manifest is not JSON: \(detail).
        Check it with a JSON tool, such as `python3 -m json.tool FILE`.
        """)
  }

  static func malformed(_ place: String, found: String, needed: String) -> ManifestError {
    ManifestError(
      code: .malformed,
      message: """
        The manifest has \(found.shown) as \(place), which must be \(needed).
        Correct it; the README shows a whole manifest.
        """)
  }

  static func unknownFormat(_ found: String) -> ManifestError {
    ManifestError(
      code: .unknownFormat,
      message: """
        The manifest has the format "\(found.shown)"; this version reads \
        "\(GraphManifest.format)".
        Use a newer version of Nascent, or correct the format.
        """)
  }

  static func unresolvedAlias(_ pairs: [[String]]) -> ManifestError {
    let list = pairs.prefix(20)
      .map { "\"\($0[0].shown)\" to \"\($0[1].shown)\"" }.joined(separator: ", ")
    return ManifestError(
      code: .unresolvedAlias,
      message: """
        The manifest ties \(list), and the second name of a pair is no variable.
        Declare the variable, or remove the pair.
        """)
  }
}
