public import Tensors
public import VariableGraph

/// Fills a factor of a low-rank update ΔW = B · A, which is zero at first: B is zeros, A is random.
///
/// A maps the inputs to r: samples from U[−1/√fanIn, 1/√fanIn) (`kaiming_uniform_` with a = √5), or
/// from N(0, 1/r²).
///
/// - Shape: as the layout says; r is A's outputs.
/// - Locality: `.element`.
/// - Source: Hu et al. (2021), "LoRA: low-rank adaptation of large language models", section 4.1;
///   `Linear.reset_parameters` of the authors' loralib 0.1.2 (uniform) and PEFT 0.21's
///   `LoraLayer.reset_lora_parameters` (uniform and `"gaussian"`); values are compared with both. The
///   low-rank update of an embedding has them the other way round, A zeros and B N(0, 1): `Zeros` and
///   `RandomNormal`.
public struct LoRAInitializer: DistributionInitializer {
  /// Which factor.
  public enum Factor: String, Sendable, Hashable, CaseIterable {
    /// From the inputs to the rank: random.
    case a = "A"
    /// From the rank to the outputs: zeros.
    case b = "B"
  }

  /// What A is drawn from.
  public enum Form: String, Sendable, Hashable, CaseIterable {
    /// U[−1/√fanIn, 1/√fanIn).
    case kaimingUniform = "kaiming_uniform"
    /// N(0, 1/r²).
    case gaussian
  }

  /// Which factor.
  public let factor: Factor
  /// What A is drawn from.
  public let form: Form
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// A factor of a low-rank update.
  public init(
    _ factor: Factor, form: Form = .kaimingUniform, layout: WeightLayout, seed: Int64? = nil
  ) {
    self.factor = factor
    self.form = form
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "LoRA",
      config: [
        "factor": .string(factor.rawValue), "form": .string(form.rawValue),
        "layout": declaredLayout.json, "seed": JSONValue(seed: seed),
      ])
  }

  /// None for B, which is zeros.
  public var seeding: Seeding { factor == .b ? .none : Seeding(seed: seed) }

  /// What the factor is drawn from.
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    let weight = try ResolvedLayout(declaredLayout, on: shape, for: "LoRA")
    switch (factor, form) {
    case (.b, _): return .constant(0)
    // √3 · √(2 / (1 + 5)) / √fanIn.
    case (.a, .kaimingUniform):
      return .uniform(limit: 1 / max(Fans(of: weight).fanIn, 1).squareRoot())
    case (.a, .gaussian): return .normal(1 / Double(max(weight.size(of: .output), 1)))
    }
  }

  /// The limit or deviation with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let weight = try ResolvedLayout(declaredLayout, on: shape, for: "LoRA")
    let sampled = try distribution(for: shape)
    switch (factor, form) {
    case (.b, _): return .init("B = 0", "0")
    case (.a, .kaimingUniform):
      let limit = InitializerExplanation.text(sampled.bounds?.upperBound ?? 0)
      let fanIn = InitializerExplanation.text(Fans(of: weight).fanIn)
      return .init("limit = 1 / √fanIn", "1 / √\(fanIn) = \(limit)")
    case (.a, .gaussian):
      let deviation = InitializerExplanation.text(sampled.standardDeviation)
      return .init("σ = 1 / r", "1 / \(weight.size(of: .output)) = \(deviation)")
    }
  }
}

extension Initializer where Self == LoRAInitializer {
  /// A factor of a low-rank update that is zero at first.
  public static func loRA(
    _ factor: LoRAInitializer.Factor, form: LoRAInitializer.Form = .kaimingUniform,
    layout: WeightLayout, seed: Int64? = nil
  ) -> Self { .init(factor, form: form, layout: layout, seed: seed) }
}
