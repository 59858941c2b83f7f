internal import Tensors

/// Why an expression has no meaning.
public struct ExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The text or the JSON is not an expression.
    public static let malformed = Code(name: "malformed")
    /// Operands, or an operand and a parameter, do not fit together in shape.
    public static let unsuitableShape = Code(name: "unsuitableShape")
    /// An operation does not work on this dtype, or on these together.
    public static let unsuitableScalarType = Code(name: "unsuitableScalarType")
    /// An axis, a range or another parameter is out of its bounds.
    public static let invalidParameter = Code(name: "invalidParameter")
    /// There are too many operations, or too many inside one another.
    public static let tooComplex = Code(name: "tooComplex")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  private init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static func malformed(_ found: String, needed: String) -> ExpressionError {
    ExpressionError(
      .malformed,
      """
      \(found.shown) is not \(needed).
      Write an expression as {"op": "add", "of": ["a", "b"]}; Docs/Expressions.md lists the operations.
      """)
  }

  static func unknownOperation(_ name: String, known: [String]) -> ExpressionError {
    ExpressionError(
      .malformed,
      """
      There is no operation "\(name.prefix(80).printable)"; there are \(known.joined(separator: ", ")).
      Correct the name.
      """)
  }

  static func unknownParameter(
    _ operation: String, _ parameter: String, known: [String]
  ) -> ExpressionError {
    ExpressionError(
      .malformed,
      """
      The operation \(operation) has no parameter "\(parameter.prefix(80).printable)"; \
      \(known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))").
      Remove it or correct its name.
      """)
  }

  static func tooManyNumbers() -> ExpressionError {
    ExpressionError(
      .tooComplex,
      """
      A constant has more than \(ExpressionConstant.maximumCount) numbers.
      Declare a variable with them, by the initializer Constant, and read that.
      """)
  }

  static func wrongOperandCount(
    _ operation: String, found: Int, needed: String
  ) -> ExpressionError {
    ExpressionError(
      .malformed,
      """
      The operation \(operation) has \(found) operands and needs \(needed).
      Give it as many.
      """)
  }

  static func differentScalarTypes(
    _ operation: String, _ first: ScalarType, _ other: ScalarType
  ) -> ExpressionError {
    ExpressionError(
      .unsuitableScalarType,
      """
      The operation \(operation) has operands of dtype \(first) and \(other).
      Values are never cast silently: cast one of them.
      """)
  }

  static func unsuitableScalarType(
    _ operation: String, _ found: ScalarType, needed: String
  ) -> ExpressionError {
    ExpressionError(
      .unsuitableScalarType,
      """
      The operation \(operation) needs a dtype that is \(needed), found \(found).
      Cast the operand.
      """)
  }

  static func valueNotRepresentable(_ value: String, _ type: ScalarType) -> ExpressionError {
    ExpressionError(
      .unsuitableScalarType,
      """
      The number \(value.prefix(80).printable) is not a value of dtype \(type).
      Choose a number that the dtype holds, or another dtype.
      """)
  }

  static func differentShapes(
    _ operation: String, _ first: Shape, _ other: Shape, along axis: Int? = nil
  ) -> ExpressionError {
    ExpressionError(
      .unsuitableShape,
      """
      The operation \(operation) has operands of shape \(first) and \(other)\
      \(axis.map { ", which may differ along axis \($0) only" } ?? "").
      Bring them to one shape; broadcast repeats axes of size 1.
      """)
  }

  static func unsuitableShape(
    _ operation: String, _ found: Shape, needed: String
  ) -> ExpressionError {
    ExpressionError(
      .unsuitableShape,
      """
      The operation \(operation) cannot take an operand of shape \(found): it needs \(needed).
      Reshape, slice or transpose the operand.
      """)
  }

  static func invalidShape(_ cause: TensorError) -> ExpressionError {
    ExpressionError(.unsuitableShape, cause.message)
  }

  static func invalidParameter(
    _ operation: String, _ parameter: String, found: String, needed: String
  ) -> ExpressionError {
    ExpressionError(
      .invalidParameter,
      """
      The operation \(operation) needs \(parameter) to be \(needed), found \(found.prefix(80).printable).
      Correct the parameter.
      """)
  }

  static func tooComplex(_ what: String, limit: Int) -> ExpressionError {
    ExpressionError(
      .tooComplex,
      """
      The expression has \(what), more than \(limit).
      Declare parts of it as variables of their own.
      """)
  }

  /// An expression is declared with a shape that is not known.
  package static func unknownDeclaredShape(_ shape: PartialShape) -> ExpressionError {
    ExpressionError(
      .unsuitableShape,
      """
      It is an expression, and its shape is declared as \(shape).
      Leave the shape out: it follows from the expression.
      """)
  }

  /// The declared shape or dtype is another than the expression has.
  package static func differsFromDeclared(
    _ what: String, declared: String, found: String
  ) -> ExpressionError {
    ExpressionError(
      .unsuitableShape,
      """
      The expression has \(what) \(found), declared is \(declared).
      Leave the \(what) out, or correct one of the two.
      """)
  }
}
