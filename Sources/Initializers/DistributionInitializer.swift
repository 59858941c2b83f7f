public import RandomSampling
public import Tensors
public import VariableGraph

/// An initializer whose elements are independent samples of one distribution.
///
/// It says which for a shape; drawing, checking and explaining come with the protocol, in every
/// dialect.
///
///     struct Tiny: DistributionInitializer {
///       let seed: Int64?
///       var configuration: InitializerConfiguration {
///         .init(className: "Tiny", config: ["seed": seed.map(JSONValue.integer) ?? .null])
///       }
///       func distribution(for shape: Shape) -> SampledDistribution {
///         .normal(mean: 0, standardDeviation: 1e-3)
///       }
///     }
///
/// - Determinism: element *i* depends only on the seed and *i* (in PyTorch's dialect on *n*, too).
public protocol DistributionInitializer: Initializer {
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  var seed: Int64? { get }

  /// The layout by which fans are read, where the initializer has one.
  var layout: WeightLayout? { get }

  /// What is drawn for a shape.
  ///
  /// - Throws: `InitializerError` where the shape does not fit.
  func distribution(for shape: Shape) throws -> SampledDistribution

  /// The formula, with the names of its symbols, and the same with a shape's numbers put in.
  func formula(for shape: Shape) throws -> InitializerExplanation.Formula?
}

extension DistributionInitializer {
  /// Where the random numbers come from.
  public var seeding: Seeding { seed.map(Seeding.own) ?? .graph }
  /// None unless said otherwise.
  public var layout: WeightLayout? { nil }
  /// None unless said otherwise.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? { nil }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: configuration.className)
    try KerasSeed.validate(seed, configuration.className, in: dialect)
    _ = try distribution(for: shape)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    guard let format = scalarType.floatingFormat, let distribution = try? distribution(for: shape)
    else { return nil }
    return distribution.sequentialDraws(shape, format)
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: configuration.className)
    try distribution(for: target.shape).fill(&span, elements: range, of: target, as: format)
  }

  /// The fans of a shape by the layout.
  ///
  /// - Throws: `InitializerError.Code.unsuitableShape`.
  func fans(of shape: Shape, by layout: WeightLayout) throws -> Fans {
    Fans(of: try ResolvedLayout(layout, on: shape, for: configuration.className))
  }

  /// What is drawn; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? { (try? distribution(for: shape))?.values(in: dialect) }

  /// What is drawn, and how it comes about.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    if let layout,
      let weight = try? ResolvedLayout(layout, on: shape, for: configuration.className)
    {
      explanation.describe(weight)
    }
    if let distribution = try? distribution(for: shape) {
      explanation.describe(distribution.values(in: dialect))
    }
    explanation.formula = (try? formula(for: shape)) ?? explanation.formula
    return explanation
  }
}
