internal import Tensors

/// Why a declaration is refused, or a graph cannot answer.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The name is already taken.
    public static let duplicateName = Code(name: "duplicateName")
    /// The name is empty, too long, or has characters that names cannot have.
    public static let malformedName = Code(name: "malformedName")
    /// The shape is not one.
    public static let invalidShape = Code(name: "invalidShape")
    /// The initializer cannot fill this shape or dtype.
    public static let unsuitableInitializer = Code(name: "unsuitableInitializer")
    /// The expression has no meaning, or another shape or dtype than declared.
    public static let unsuitableExpression = Code(name: "unsuitableExpression")
    /// A size of the variable, or of one that it reads, is not known yet.
    public static let notBound = Code(name: "notBound")
    /// A size is given twice.
    public static let alreadyBound = Code(name: "alreadyBound")
    /// Sizes do not fit those that were declared.
    public static let unsuitableBinding = Code(name: "unsuitableBinding")
    /// No initializer is given and no rule matches.
    public static let missingInitializer = Code(name: "missingInitializer")
    /// There is no variable of this name.
    public static let unknownVariable = Code(name: "unknownVariable")
    /// A reference stands for no variable of the graph.
    public static let unknownReference = Code(name: "unknownReference")
    /// There is no dialect of this name.
    public static let unknownDialect = Code(name: "unknownDialect")
    /// The place in a stream of keys is not one.
    public static let malformedStreamIndex = Code(name: "malformedStreamIndex")
    /// A place in PyTorch's stream is not of the right form.
    public static let malformedPlace = Code(name: "malformedPlace")
    /// The graph has no room for more: its bytes do not fit in 64 bits.
    public static let tooLarge = Code(name: "tooLarge")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The error behind it, where there is one.
  public let cause: (any Error)?
  /// The text for people.
  public var description: String { message }

  init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  static func duplicateName(_ name: String, takenBy holder: String) -> GraphError {
    GraphError(
      code: .duplicateName,
      message: """
        Cannot declare variable "\(name)": the name is already taken by \(holder).
        Choose another name, or read the existing variable with graph["\(name)"].
        """)
  }

  static func malformedName(_ name: String, because reason: String) -> GraphError {
    let shown = name.count > 80 ? "\(name.prefix(80))…" : name
    let escaped = JSONValue.string(shown).canonicalText
    return GraphError(
      code: .malformedName,
      message: """
        Cannot declare variable \(escaped): its name \(reason).
        Names have 1 to \(VariableName.maximumByteCount) bytes of UTF-8, no control characters, no \
        space at either end, and no empty part between slashes.
        """)
  }

  static func invalidShape(_ name: String, _ cause: TensorError) -> GraphError {
    GraphError(
      code: .invalidShape, message: "Cannot declare variable \"\(name)\": \(cause.message)",
      cause: cause)
  }

  static func unsuitableInitializer(_ name: String, _ cause: any Error) -> GraphError {
    GraphError(
      code: .unsuitableInitializer, message: "Cannot declare variable \"\(name)\": \(cause)",
      cause: cause)
  }

  /// No rule matches these names.
  public static func missingInitializer(_ names: [String]) -> GraphError {
    let shown = names.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ")
    let rest = names.count > 20 ? " and \(names.count - 20) more" : ""
    return GraphError(
      code: .missingInitializer,
      message: """
        \(names.count == 1 ? "Variable" : "\(names.count) variables:") \(shown)\(rest) \
        \(names.count == 1 ? "has" : "have") no initializer, and no rule matches.
        Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
        """)
  }

  static func unknownVariable(_ name: String, near: [String]) -> GraphError {
    let hint =
      near.isEmpty ? "" : " Did you mean \(near.map { "\"\($0)\"" }.joined(separator: ", "))?"
    return GraphError(
      code: .unknownVariable,
      message: """
        There is no variable "\(name.shown)" in the graph.\(hint)
        Declare it first, or correct the name.
        """)
  }

  static func unknownReference() -> GraphError {
    GraphError(
      code: .unknownReference,
      message: """
        The reference stands for no variable of this graph.
        Declare the model that holds it in this graph first; a layer's variables differ from \
        convention to convention, and not every reference is used in each.
        """)
  }

  static func unknownDialect(_ name: String) -> GraphError {
    let known = Dialect.all.map(\.name).joined(separator: ", ")
    return GraphError(
      code: .unknownDialect,
      message: """
        There is no dialect "\(name.prefix(80).printable)" in this version; there are \(known).
        Choose one of these.
        """)
  }

  static func malformedStreamIndex(_ name: String, found: String) -> GraphError {
    GraphError(
      code: .malformedStreamIndex,
      message: """
        Cannot declare variable "\(name)": its stream_index is \(found.prefix(80).printable), not an integer \
        from 0 to 4294967294.
        Correct it, or leave it out to count on from the variable before.
        """)
  }

  static func malformedPlace(_ found: String) -> GraphError {
    GraphError(
      code: .malformedPlace,
      message: """
        \(found.shown) is not a place in PyTorch's stream.
        Write the number of words drawn before as {"words": 1000}, with "pair" where a normal is kept.
        """)
  }

  static func tooLarge(_ name: String) -> GraphError {
    GraphError(
      code: .tooLarge,
      message: """
        Cannot declare variable "\(name)": the bytes of all variables together would pass 2^63 - 1.
        Check the shapes; no machine can hold such a model.
        """)
  }
}
