public import Tensors
public import VariableGraph

/// Fills a residual projection with samples from N(0, s²), s = standardDeviation / √(branches · layers).
///
/// A transformer of `layers` layers adds `branches` residual branches a layer; with this deviation the
/// sum of all of them keeps the variance of one.
///
/// - Shape: any.
/// - Locality: `.element`.
/// - Source: Radford et al. (2019), "Language models are unsupervised multitask learners", section 2.3
///   (1/√N for N residual layers); `GPT2PreTrainedModel._init_weights` of Transformers 5.23, and
///   `scaled_init_method_normal` of Megatron-LM as GPT-NeoX has it, both σ / √(2 · layers), the latter
///   with the number of branches as a parameter. Values are compared with Transformers'.
public struct DepthScaledNormalInitializer: DistributionInitializer {
  /// The deviation of a network of one branch.
  public let standardDeviation: Double
  /// The number of layers.
  public let layers: Int
  /// The residual branches of a layer: 2 for attention and feed-forward.
  public let branches: Int
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless standardDeviation > 0 and there is at
  ///   least one layer and one branch.
  public init(
    standardDeviation: Double = 0.02, layers: Int, branches: Int = 2, seed: Int64? = nil
  ) throws {
    let name = "DepthScaledNormal"
    try InitializerError.require(
      standardDeviation > 0 && standardDeviation.isFinite, name, "stddev", standardDeviation,
      "positive and finite")
    try InitializerError.require(layers >= 1, name, "layers", layers, "at least 1")
    try InitializerError.require(branches >= 1, name, "branches", branches, "at least 1")
    self.standardDeviation = standardDeviation
    self.layers = layers
    self.branches = branches
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "DepthScaledNormal",
      config: [
        "stddev": .double(standardDeviation), "layers": .integer(Int64(layers)),
        "branches": .integer(Int64(branches)), "seed": JSONValue(seed: seed),
      ])
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) -> SampledDistribution {
    .normal(standardDeviation / (Double(branches) * Double(layers)).squareRoot())
  }

  /// s = stddev / √(branches · layers).
  public func formula(for shape: Shape) -> InitializerExplanation.Formula? {
    let result = distribution(for: shape).standardDeviation
    return .init(
      "σ = stddev / √(branches · layers)",
      "\(standardDeviation) / √(\(branches) · \(layers)) = \(InitializerExplanation.text(result))")
  }
}

extension Initializer where Self == DepthScaledNormalInitializer {
  /// Samples from N(0, s²), s = standardDeviation / √(branches · layers).
  public static func depthScaledNormal(
    standardDeviation: Double = 0.02, layers: Int, branches: Int = 2, seed: Int64? = nil
  ) throws -> Self {
    try .init(
      standardDeviation: standardDeviation, layers: layers, branches: branches, seed: seed)
  }
}
