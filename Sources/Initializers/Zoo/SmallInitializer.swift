public import Tensors
public import VariableGraph

/// Fills a weight with samples from N(0, s²), s = √(2 / (5 d)) for a model of width d.
///
/// It is Glorot's normal for a feed-forward layer from d to 4 d, used for every weight of a model.
///
/// - Shape: any.
/// - Locality: `.element`.
/// - Source: Nguyen and Salazar (2019), "Transformers without tears", section 2.2;
///   `small_init_init_method` of EleutherAI/gpt-neox, `megatron/model/init_functions.py`.
public struct SmallInitializer: DistributionInitializer {
  /// The width d of the model.
  public let width: Int
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless width ≥ 1.
  public init(width: Int, seed: Int64? = nil) throws {
    try InitializerError.require(width >= 1, "SmallInit", "dim", width, "at least 1")
    self.width = width
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "SmallInit",
      config: ["dim": .integer(Int64(width)), "seed": JSONValue(seed: seed)])
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) -> SampledDistribution {
    .normal((2 / (5 * Double(width))).squareRoot())
  }

  /// s = √(2 / (5 d)).
  public func formula(for shape: Shape) -> InitializerExplanation.Formula? {
    let result = distribution(for: shape).standardDeviation
    return .init(
      "σ = √(2 / (5 · dim))", "√(2 / (5 · \(width))) = \(InitializerExplanation.text(result))")
  }
}

extension Initializer where Self == SmallInitializer {
  /// Samples from N(0, 2 / (5 · width)).
  public static func smallInit(width: Int, seed: Int64? = nil) throws -> Self {
    try .init(width: width, seed: seed)
  }
}
