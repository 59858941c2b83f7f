public import Tensors
public import VariableGraph

/// Fills a weight before a sine, sin(ω · W x), with samples from U[−limit, limit).
///
/// limit = 1 / fanIn in the first layer, √(6 / fanIn) / ω in all others, so that the arguments of every
/// sine are distributed as a standard normal.
///
/// - Shape: as the layout says.
/// - Locality: `.element`.
/// - Source: Sitzmann et al. (2020), "Implicit neural representations with periodic activation
///   functions", section 3.2 and supplement 1.5.
public struct SirenInitializer: DistributionInitializer {
  /// The frequency ω, 30 in the paper.
  public let omega: Double
  /// True for the first layer.
  public let isFirst: Bool
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless omega > 0.
  public init(
    omega: Double = 30, isFirst: Bool = false, layout: WeightLayout, seed: Int64? = nil
  ) throws {
    try InitializerError.require(
      omega > 0 && omega.isFinite, "Siren", "omega", omega, "positive and finite")
    self.omega = omega
    self.isFirst = isFirst
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Siren",
      config: [
        "omega": .double(omega), "is_first": .bool(isFirst), "layout": declaredLayout.json,
        "seed": JSONValue(seed: seed),
      ])
  }

  /// U[−limit, limit).
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    let fanIn = max(try fans(of: shape, by: declaredLayout).fanIn, 1)
    return .uniform(limit: isFirst ? 1 / fanIn : (6 / fanIn).squareRoot() / omega)
  }

  /// The limit with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let fanIn = InitializerExplanation.text(try fans(of: shape, by: declaredLayout).fanIn)
    let limit = InitializerExplanation.text(
      try distribution(for: shape).bounds?.upperBound ?? 0)
    return isFirst
      ? .init("limit = 1 / fanIn", "1 / \(fanIn) = \(limit)")
      : .init(
        "limit = √(6 / fanIn) / ω",
        "√(6 / \(fanIn)) / \(InitializerExplanation.text(omega)) = \(limit)")
  }
}

extension Initializer where Self == SirenInitializer {
  /// Samples for a weight before a sine of frequency `omega`.
  public static func siren(
    omega: Double = 30, isFirst: Bool = false, layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self {
    try .init(omega: omega, isFirst: isFirst, layout: layout, seed: seed)
  }
}
