public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills Mamba-2's `A_log` with ln a, a a sample of U[minimum, maximum).
///
/// - Shape: any; Mamba-2 has one value a head.
/// - Locality: `.element`.
/// - Source: Dao and Gu (2024), "Transformers are SSMs", section 7; `A_init_range` of
///   `mamba_ssm.modules.mamba2.Mamba2`.
public struct Mamba2StateInitializer: Initializer {
  /// The smallest decay.
  public let minimum: Double
  /// The largest decay.
  public let maximum: Double
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 < minimum ≤ maximum.
  public init(minimum: Double = 1, maximum: Double = 16, seed: Int64? = nil) throws {
    let name = "Mamba2ALog"
    try InitializerError.require(
      minimum > 0 && minimum.isFinite, name, "minimum", minimum, "positive and finite")
    try InitializerError.require(
      maximum >= minimum && maximum.isFinite, name, "maximum", maximum,
      "finite and at least minimum, \(minimum)")
    self.minimum = minimum
    self.maximum = maximum
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Mamba2ALog",
      config: [
        "minimum": .double(minimum), "maximum": .double(maximum), "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: "Mamba2ALog")
    try KerasSeed.validate(seed, "Mamba2ALog", in: dialect)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.uniform(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    try TransformedUniform.fill(
      &span, elements: range, of: target, className: "Mamba2ALog", from: minimum, to: maximum,
      PortableMath.log)
  }

  /// The bounds with their numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    let (low, high) = (PortableMath.log(minimum), PortableMath.log(maximum))
    if low <= high { explanation.describe(.within(low...high)) }
    explanation.distribution = "logarithm of a uniform"
    explanation.formula = .init(
      "ln a, a of U[minimum, maximum)",
      """
      ln U[\(InitializerExplanation.text(minimum)), \(InitializerExplanation.text(maximum))), \
      between \(InitializerExplanation.text(low)) and \(InitializerExplanation.text(high))
      """)
    return explanation
  }
}
