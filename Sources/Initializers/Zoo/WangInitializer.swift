public import Tensors
public import VariableGraph

/// Fills an output projection with samples from N(0, s²), s = 2 / (layers · √d) for width d.
///
/// - Shape: any.
/// - Locality: `.element`.
/// - Source: Wang and Komatsuzaki (2021), GPT-J; `wang_init_method` of EleutherAI/gpt-neox,
///   `megatron/model/init_functions.py`.
public struct WangInitializer: DistributionInitializer {
  /// The width d of the model.
  public let width: Int
  /// The number of layers.
  public let layers: Int
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless both numbers are at least 1.
  public init(width: Int, layers: Int, seed: Int64? = nil) throws {
    try InitializerError.require(width >= 1, "WangInit", "dim", width, "at least 1")
    try InitializerError.require(layers >= 1, "WangInit", "layers", layers, "at least 1")
    self.width = width
    self.layers = layers
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "WangInit",
      config: [
        "dim": .integer(Int64(width)), "layers": .integer(Int64(layers)),
        "seed": JSONValue(seed: seed),
      ])
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) -> SampledDistribution {
    .normal(2 / Double(layers) / Double(width).squareRoot())
  }

  /// s = 2 / (layers · √d).
  public func formula(for shape: Shape) -> InitializerExplanation.Formula? {
    let result = distribution(for: shape).standardDeviation
    return .init(
      "σ = 2 / (layers · √dim)",
      "2 / (\(layers) · √\(width)) = \(InitializerExplanation.text(result))")
  }
}

extension Initializer where Self == WangInitializer {
  /// Samples from N(0, s²), s = 2 / (layers · √width).
  public static func wangInit(width: Int, layers: Int, seed: Int64? = nil) throws -> Self {
    try .init(width: width, layers: layers, seed: seed)
  }
}
