internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a weight of a deep transformer with samples of Glorot's normal times β.
///
/// s = β · √(2 / (fanIn + fanOut)). With N layers of an encoder and M of a decoder: β = (8 N)^(−1/4)
/// or (8 M)^(−1/4) where there is only one of them; where there are both, β = 0.87 · (N⁴ M)^(−1/16) in
/// the encoder and (12 M)^(−1/4) in the decoder. For feed-forward, value and output weights; query and
/// key weights have β = 1, which is `VarianceScaling` (`fan_avg`, `untruncated_normal`).
///
/// - Shape: as the layout says.
/// - Locality: `.element`.
/// - Source: Wang et al. (2022), "DeepNet: scaling transformers to 1,000 layers", figure 2;
///   `torchscale/architecture/encoder.py` and `decoder.py` of microsoft/torchscale, which have the same
///   factors on the same weights with two differences: they scale Glorot's uniform, and in the encoder
///   of an encoder–decoder they multiply by 1.15 · (N⁴ M)^(−1/16), where the paper has 0.87, which is
///   1 / 1.15. Here it is the paper's.
public struct DeepNormInitializer: DistributionInitializer {
  /// Which part of the model the weight belongs to.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// A layer of the encoder.
    case encoder
    /// A layer of the decoder.
    case decoder
  }

  /// The number N of the encoder's layers; 0 without an encoder.
  public let encoderLayers: Int
  /// The number M of the decoder's layers; 0 without a decoder.
  public let decoderLayers: Int
  /// Which part of the model the weight belongs to.
  public let part: Part
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` where the part has no layers.
  public init(
    encoderLayers: Int, decoderLayers: Int, part: Part, layout: WeightLayout, seed: Int64? = nil
  ) throws {
    let isEncoder = part == .encoder
    try InitializerError.require(
      encoderLayers >= (isEncoder ? 1 : 0), "DeepNorm", "encoder_layers", encoderLayers,
      "at least \(isEncoder ? 1 : 0)")
    try InitializerError.require(
      decoderLayers >= (isEncoder ? 0 : 1), "DeepNorm", "decoder_layers", decoderLayers,
      "at least \(isEncoder ? 0 : 1)")
    self.encoderLayers = encoderLayers
    self.decoderLayers = decoderLayers
    self.part = part
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "DeepNorm",
      config: [
        "encoder_layers": .integer(Int64(encoderLayers)),
        "decoder_layers": .integer(Int64(decoderLayers)), "part": .string(part.rawValue),
        "layout": declaredLayout.json, "seed": JSONValue(seed: seed),
      ])
  }

  /// The factor β.
  public var beta: Double {
    let (n, m) = (Double(encoderLayers), Double(decoderLayers))
    switch part {
    case .encoder where decoderLayers == 0: return PortableMath.power(8 * n, -0.25)
    case .encoder: return 0.87 * PortableMath.power(n * n * n * n * m, -1.0 / 16)
    case .decoder where encoderLayers == 0: return PortableMath.power(8 * m, -0.25)
    case .decoder: return PortableMath.power(12 * m, -0.25)
    }
  }

  private var betaText: String {
    switch part {
    case .encoder: decoderLayers == 0 ? "(8 N)^(−1/4)" : "0.87 · (N⁴ M)^(−1/16)"
    case .decoder: encoderLayers == 0 ? "(8 M)^(−1/4)" : "(12 M)^(−1/4)"
    }
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    let fans = try fans(of: shape, by: declaredLayout)
    return .normal(beta * (2 / max(fans.fanIn + fans.fanOut, 1)).squareRoot())
  }

  /// s with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let fans = try fans(of: shape, by: declaredLayout)
    let result = try distribution(for: shape).standardDeviation
    return .init(
      "σ = β · √(2 / (fanIn + fanOut)), β = \(betaText)",
      """
      \(InitializerExplanation.text(beta)) · √(2 / (\(InitializerExplanation.text(fans.fanIn)) + \
      \(InitializerExplanation.text(fans.fanOut)))) = \(InitializerExplanation.text(result))
      """)
  }
}

extension Initializer where Self == DeepNormInitializer {
  /// Glorot's normal times the β of DeepNorm.
  public static func deepNorm(
    encoderLayers: Int = 0, decoderLayers: Int = 0, part: DeepNormInitializer.Part,
    layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self {
    try .init(
      encoderLayers: encoderLayers, decoderLayers: decoderLayers, part: part, layout: layout,
      seed: seed)
  }
}
