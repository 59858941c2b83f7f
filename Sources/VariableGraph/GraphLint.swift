/// Something in a graph that is allowed and often a mistake.
public struct GraphLint: Sendable, Hashable {
  /// What kind of thing it is. Codes do not change; others can be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name, such as `equal-values`.
    public let description: String
    /// Two variables have the same initializer, seed, shape and dtype, so they are equal.
    public static let equalValues = Code(description: "equal-values")
    /// A fan is taken from a vector or a scalar, which has none.
    public static let fanOfVector = Code(description: "fan-of-vector")
    /// A grouped, depthwise, packed or stacked weight has the fans of a plain one.
    public static let naiveFans = Code(description: "naive-fans")
    /// A normal is cut off in one dialect and otherwise, or not at all, in another.
    public static let truncationDiffers = Code(description: "truncation-differs")
    /// Names look alike and are other bytes: a letter with an accent is one character in one, two in another.
    public static let lookAlikeNames = Code(description: "look-alike-names")
  }

  /// How likely it is a mistake.
  public enum Severity: String, Sendable, Hashable {
    /// Probably a mistake.
    case warning
    /// Right for many, and good to know.
    case note
  }

  /// What kind of thing it is.
  public let code: Code
  /// How likely it is a mistake.
  public let severity: Severity
  /// The variables that it is about, in the order of their declaration.
  public let variables: [String]
  /// A sentence with the values.
  public let message: String
  /// What to do, where it is a mistake.
  public let wayOut: String

  /// The lint as a JSON object.
  public var json: JSONValue {
    [
      "code": .string(code.description), "severity": .string(severity.rawValue),
      "variables": .array(variables.map { .string($0) }), "message": .string(message),
      "wayOut": .string(wayOut),
    ]
  }

  /// Names for people: the first of them, and how many more.
  static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "\"\($0)\"" }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
