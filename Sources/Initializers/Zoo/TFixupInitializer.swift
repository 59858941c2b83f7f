internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a weight of a transformer without normalization by Glorot's uniform, made smaller for depth.
///
/// limit = c · gain · √(6 / (fanIn + fanOut)) with c = 0.67 · N^(−1/4) in the encoder and
/// c = (9 N)^(−1/4) in the decoder, N layers each. Embeddings of width d are samples of
/// N(0, (c / √d)²) with the decoder's c. For value and output projections and the feed-forward
/// weights; others are Glorot's uniform as it is.
///
/// - Shape: as the layout says; `[tokens, d]` for embeddings.
/// - Locality: `.element`.
/// - Source: Huang, Perez, Ba and Volkovs (2020), "Improving transformer optimization through better
///   initialization"; the authors' `transformer_layer.py` (`fixup_initialization`) and `transformer.py`
///   in layer6ai-labs/T-Fixup. There fairseq's gain of 1/√2 for value projections is taken back, so that
///   they are Glorot's uniform times c, too; query and key projections keep it. An embedding is scaled
///   by the number of layers of its own side, by the encoder's where both share one.
public struct TFixupInitializer: DistributionInitializer {
  /// Which part of the model the weight belongs to.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// A layer of the encoder.
    case encoder
    /// A layer of the decoder.
    case decoder
    /// A table of embeddings, of either side.
    case embedding
  }

  /// The number N of layers of the encoder, and of the decoder.
  public let layers: Int
  /// Which part of the model the weight belongs to.
  public let part: Part
  /// A further factor, positive. Dimensionless.
  public let gain: Double
  /// The layout by which fans are read; embeddings need none.
  public let layout: WeightLayout?
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless layers ≥ 1 and gain > 0, and where a
  ///   weight has no layout.
  public init(
    layers: Int, part: Part, gain: Double = 1, layout: WeightLayout? = nil, seed: Int64? = nil
  ) throws {
    try InitializerError.require(layers >= 1, "TFixup", "layers", layers, "at least 1")
    try InitializerError.require(
      gain > 0 && gain.isFinite, "TFixup", "gain", gain, "positive and finite")
    try InitializerError.require(
      layout != nil || part == .embedding, "TFixup", "layout", "nothing",
      "the layout of the weight, such as in_out")
    self.layers = layers
    self.part = part
    self.gain = gain
    self.layout = part == .embedding ? nil : layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "TFixup",
      config: [
        "layers": .integer(Int64(layers)), "part": .string(part.rawValue),
        "gain": .double(gain), "layout": layout?.json ?? .null, "seed": JSONValue(seed: seed),
      ])
  }

  /// The factor c for depth.
  public var depthFactor: Double {
    let layers = Double(layers)
    // `fixup_initialization` of the authors' code.
    return part == .encoder
      ? 0.67 * PortableMath.power(layers, -0.25) : PortableMath.power(9 * layers, -0.25)
  }

  /// The uniform of weights, the normal of embeddings.
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    guard let layout else {
      guard let width = shape.dimensions.last, shape.rank == 2 else {
        throw InitializerError.unsuitableRank(
          "TFixup", shape: shape, needed: "the form [tokens, d]")
      }
      return .normal(depthFactor * gain / Double(max(width, 1)).squareRoot())
    }
    let fans = try fans(of: shape, by: layout)
    return .uniform(limit: depthFactor * gain * (6 / max(fans.fanIn + fans.fanOut, 1)).squareRoot())
  }

  /// The limit or deviation with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let c = part == .encoder ? "0.67 · layers^(−1/4)" : "(9 · layers)^(−1/4)"
    let numbers =
      "\(InitializerExplanation.text(depthFactor)) · \(InitializerExplanation.text(gain))"
    guard let layout else {
      let deviation = try distribution(for: shape).standardDeviation
      return .init(
        "σ = \(c) · gain / √d",
        """
        \(numbers) / √\(shape.dimensions.last ?? 0) = \(InitializerExplanation.text(deviation))
        """)
    }
    let fans = try fans(of: shape, by: layout)
    let limit = try distribution(for: shape).bounds?.upperBound ?? 0
    return .init(
      "limit = \(c) · gain · √(6 / (fanIn + fanOut))",
      """
      \(numbers) · √(6 / (\(InitializerExplanation.text(fans.fanIn)) + \
      \(InitializerExplanation.text(fans.fanOut)))) = \(InitializerExplanation.text(limit))
      """)
  }
}

extension Initializer where Self == TFixupInitializer {
  /// Glorot's uniform, made smaller for a transformer of `layers` layers without normalization.
  public static func tFixup(
    layers: Int, part: TFixupInitializer.Part, gain: Double = 1, layout: WeightLayout? = nil,
    seed: Int64? = nil
  ) throws -> Self {
    try .init(layers: layers, part: part, gain: gain, layout: layout, seed: seed)
  }
}
