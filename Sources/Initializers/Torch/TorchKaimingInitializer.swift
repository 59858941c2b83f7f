public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a weight with samples of deviation gain / √fan, as `torch.nn.init.kaiming_uniform_` and
/// `kaiming_normal_` do.
///
/// Uniform: U[−√3 · deviation, √3 · deviation). Normal: N(0, deviation²), not cut off. The gain is the
/// nonlinearity's. With slope √5 and a leaky ReLU the bound is 1 / √fanIn: what PyTorch's layers draw.
///
/// - Shape: rank ≥ 2, `[out, in, …]`; see `TorchFans`.
/// - Determinism: as `TorchUniformInitializer` and `TorchNormalInitializer`.
/// - Source: He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers"; PyTorch 2.13's
///   `torch/nn/init.py`.
public struct TorchKaimingInitializer: Initializer {
  /// Which fan is counted.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// The number of inputs of one output, taps of a kernel included.
    case fanIn = "fan_in"
    /// The number of outputs that one input goes to, likewise.
    case fanOut = "fan_out"
  }

  /// The negative slope of a leaky ReLU, PyTorch's `a`; other functions do not have it.
  public let slope: Double
  /// Which fan is counted.
  public let mode: Mode
  /// The function behind the layer.
  public let nonlinearity: TorchNonlinearity
  /// True for the uniform distribution.
  public let isUniform: Bool
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let uniformName = "torch.nn.init.kaiming_uniform_"
  static let normalName = "torch.nn.init.kaiming_normal_"

  /// - Parameter slope: Finite; PyTorch's default is 0.
  /// - Parameter mode: Which fan the variance is divided by; PyTorch's default is the inputs'.
  /// - Parameter nonlinearity: The function behind the layer, which says the gain.
  /// - Parameter isUniform: True for `kaiming_uniform_`, false for `kaiming_normal_`.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(
    slope: Double = 0, mode: Mode = .fanIn, nonlinearity: TorchNonlinearity = .leakyRelu,
    isUniform: Bool, seed: Int64? = nil
  ) {
    self.slope = slope
    self.mode = mode
    self.nonlinearity = nonlinearity
    self.isUniform = isUniform
    self.seed = seed
  }

  private var className: String { isUniform ? Self.uniformName : Self.normalName }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className,
      config: [
        "a": .double(slope), "mode": .string(mode.rawValue),
        "nonlinearity": .string(nonlinearity.name), "seed": JSONValue(seed: seed),
      ])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    // PyTorch leaves tensors without elements alone, whatever their rank.
    if shape.elementCount > 0 { try TorchFans.check(shape, for: className) }
    _ = try scalarType.floatingFormat(for: className)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map {
      [
        isUniform
          ? .uniform(count: shape.elementCount, $0) : .normal(count: shape.elementCount, $0)
      ]
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let fans = TorchFans(of: target.shape)
    let fan = mode == .fanIn ? fans.fanIn : fans.fanOut
    try target.fill(
      &span, range, deviation: nonlinearity.gain(slope: slope) / fan.squareRoot(),
      isUniform: isUniform, for: className)
  }
}

extension Initializer where Self == TorchKaimingInitializer {
  /// U[−limit, limit), limit = √3 · gain / √fan, as PyTorch draws it.
  public static func torchKaimingUniform(
    slope: Double = 0, mode: TorchKaimingInitializer.Mode = .fanIn,
    nonlinearity: TorchNonlinearity = .leakyRelu, seed: Int64? = nil
  ) -> Self {
    .init(slope: slope, mode: mode, nonlinearity: nonlinearity, isUniform: true, seed: seed)
  }

  /// N(0, gain² / fan), as PyTorch draws it.
  public static func torchKaimingNormal(
    slope: Double = 0, mode: TorchKaimingInitializer.Mode = .fanIn,
    nonlinearity: TorchNonlinearity = .leakyRelu, seed: Int64? = nil
  ) -> Self {
    .init(slope: slope, mode: mode, nonlinearity: nonlinearity, isUniform: false, seed: seed)
  }
}
