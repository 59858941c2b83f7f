internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a weight inside a residual branch with samples from N(0, s²), s = L^(−1/(2m − 2)) · √(2 / fan).
///
/// L is the number of residual branches, m the number of weights in each. It is He's normal, made
/// smaller so that a step of training changes the output by as much as in a shallow network. The last
/// weight of a branch and the classifier are zeros; biases are zeros, multipliers ones.
///
/// - Shape: as the layout says.
/// - Locality: `.element`.
/// - Source: Zhang, Dauphin and Ma (2019), "Fixup initialization: residual learning without
///   normalization", rule 2; the authors' `fixup_resnet_cifar.py` (L^(−1/2) for two weights) and
///   `fixup_resnet_imagenet.py` (L^(−1/4) for three), which take the fan of outputs.
public struct FixupInitializer: DistributionInitializer {
  /// The number L of residual branches of the network.
  public let branches: Int
  /// The number m of weights in each branch.
  public let depth: Int
  /// Which fan counts.
  public let mode: VarianceScalingInitializer.Mode
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless branches ≥ 1 and
  ///   2 ≤ depth ≤ 1,000,000.
  public init(
    branches: Int, depth: Int = 2, mode: VarianceScalingInitializer.Mode = .fanIn,
    layout: WeightLayout, seed: Int64? = nil
  ) throws {
    try InitializerError.require(branches >= 1, "Fixup", "branches", branches, "at least 1")
    try InitializerError.require(
      2...1_000_000 ~= depth, "Fixup", "depth", depth, "from 2 to 1000000")
    self.branches = branches
    self.depth = depth
    self.mode = mode
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Fixup",
      config: [
        "branches": .integer(Int64(branches)), "depth": .integer(Int64(depth)),
        "mode": .string(mode.rawValue), "layout": declaredLayout.json,
        "seed": JSONValue(seed: seed),
      ])
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    let fan = try fans(of: shape, by: declaredLayout)[mode]
    return .normal(shrinkage * (2 / max(fan, 1)).squareRoot())
  }

  /// L^(−1/(2m − 2)).
  private var shrinkage: Double {
    PortableMath.power(Double(branches), -1 / (2 * Double(depth) - 2))
  }

  /// s with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let fan = try fans(of: shape, by: declaredLayout)[mode]
    let result = try distribution(for: shape).standardDeviation
    return .init(
      "σ = branches^(−1/(2 · depth − 2)) · √(2 / \(mode.symbol))",
      """
      \(branches)^(−1/\(2 * depth - 2)) · √(2 / \(InitializerExplanation.text(fan))) = \
      \(InitializerExplanation.text(result))
      """)
  }
}

extension Initializer where Self == FixupInitializer {
  /// He's normal, made smaller for a network of `branches` residual branches of `depth` weights.
  public static func fixup(
    branches: Int, depth: Int = 2, mode: VarianceScalingInitializer.Mode = .fanIn,
    layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self {
    try .init(branches: branches, depth: depth, mode: mode, layout: layout, seed: seed)
  }
}
