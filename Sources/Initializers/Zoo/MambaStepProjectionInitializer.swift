public import Tensors
public import VariableGraph

/// Fills the weight that projects Mamba's step sizes: U[−limit, limit), or limit everywhere.
///
/// limit = scale / √rank, rank the number of the projection's inputs, which keeps the variance.
///
/// - Shape: as the layout says.
/// - Locality: `.element`.
/// - Source: Gu and Dao (2023), "Mamba: linear-time sequence modeling with selective state spaces",
///   section 3.6; `dt_init` of `mamba_ssm.modules.mamba_simple.Mamba`.
public struct MambaStepProjectionInitializer: DistributionInitializer {
  /// What the weight is filled with.
  public enum Form: String, Sendable, Hashable, CaseIterable {
    /// U[−limit, limit).
    case random
    /// The limit everywhere.
    case constant
  }

  /// The factor `dt_scale`.
  public let scale: Double
  /// What the weight is filled with.
  public let form: Form
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless scale > 0.
  public init(
    scale: Double = 1, form: Form = .random, layout: WeightLayout, seed: Int64? = nil
  ) throws {
    try InitializerError.require(
      scale > 0 && scale.isFinite, "MambaDtProjection", "scale", scale, "positive and finite")
    self.scale = scale
    self.form = form
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "MambaDtProjection",
      config: [
        "scale": .double(scale), "form": .string(form.rawValue), "layout": declaredLayout.json,
        "seed": JSONValue(seed: seed),
      ])
  }

  /// None for the constant.
  public var seeding: Seeding { form == .constant ? .none : Seeding(seed: seed) }

  /// U[−limit, limit), or limit.
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    let limit = scale / max(try fans(of: shape, by: declaredLayout).fanIn, 1).squareRoot()
    return form == .constant ? .constant(limit) : .uniform(limit: limit)
  }

  /// The limit with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let rank = InitializerExplanation.text(try fans(of: shape, by: declaredLayout).fanIn)
    let limit = InitializerExplanation.text(
      try distribution(for: shape).bounds?.upperBound ?? 0)
    return .init(
      "limit = scale / √rank", "\(InitializerExplanation.text(scale)) / √\(rank) = \(limit)")
  }
}
