public import Tensors

/// The initializer of a variable whose value is an expression over others.
///
/// - Determinism: draws nothing of its own; each operation has one order of steps.
/// - Complexity: Any range of elements can be made alone, once the parts that are made as a whole
///   (products, decompositions, norms) are there.
public struct ExpressionInitializer: Initializer {
  /// What the value is.
  public let expression: TensorExpression

  /// The class name under which expressions are stored.
  public static let className = "Expression"

  /// An initializer for an expression.
  public init(_ expression: TensorExpression) { self.expression = expression }

  /// Reads the config of a stored expression.
  ///
  /// - Throws: `ExpressionError`, `InitializerError.Code.invalidParameter`.
  public init(_ config: ConfigurationReader) throws {
    self.init(try TensorExpression(json: config.required("expression")))
  }

  /// The class `Expression`, with the expression's JSON.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className, config: ["expression": expression.json])
  }

  /// Other variables.
  public func locality(in dialect: Dialect) -> Locality { .otherVariables }

  /// That it is an expression; the configuration says which.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "expression over other variables"
    return explanation
  }

  /// Writes the asked elements, which the source of the target gives; see `Initializer`.
  ///
  /// - Throws: `InitializerError.Code.needsRuntime` for a target without a source.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    guard let source = target.source else { throw InitializerError.needsRuntime(target.name) }
    try source.fill(&span, elements: range)
  }
}
