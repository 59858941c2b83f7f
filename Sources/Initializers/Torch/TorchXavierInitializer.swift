public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a weight with samples of deviation gain · √(2 / (fanIn + fanOut)), as
/// `torch.nn.init.xavier_uniform_` and `xavier_normal_` do.
///
/// Uniform: U[−√3 · deviation, √3 · deviation). Normal: N(0, deviation²), not cut off.
///
/// - Shape: rank ≥ 2, `[out, in, …]`; see `TorchFans`.
/// - Determinism: as `TorchUniformInitializer` and `TorchNormalInitializer`.
/// - Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
///   neural networks"; PyTorch 2.13's `torch/nn/init.py`.
public struct TorchXavierInitializer: Initializer {
  /// The factor, finite. Dimensionless.
  public let gain: Double
  /// True for the uniform distribution.
  public let isUniform: Bool
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let uniformName = "torch.nn.init.xavier_uniform_"
  static let normalName = "torch.nn.init.xavier_normal_"

  /// - Parameter gain: 0 or more; see `TorchNonlinearity.gain`.
  /// - Parameter isUniform: True for `xavier_uniform_`, false for `xavier_normal_`.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(gain: Double = 1, isUniform: Bool, seed: Int64? = nil) {
    self.gain = gain
    self.isUniform = isUniform
    self.seed = seed
  }

  private var className: String { isUniform ? Self.uniformName : Self.normalName }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className, config: ["gain": .double(gain), "seed": JSONValue(seed: seed)])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    try TorchFans.check(shape, for: className)
    guard gain >= 0 else {
      throw InitializerError.invalidParameter(
        className, "gain", found: "\(gain)", needed: "0 or more")
    }
    let format = try scalarType.floatingFormat(for: className)
    // As `uniform_` refuses them: 2 · bound has to be finite in the dtype.
    if isUniform, shape.elementCount > 0,
      2 * 3.0.squareRoot() * deviation(for: shape) > format.greatestFiniteMagnitude
    {
      throw InitializerError.invalidParameter(
        className, "gain", found: "\(gain)",
        needed: "small enough for bounds of dtype \(scalarType)")
    }
  }

  /// gain · √(2 / (fanIn + fanOut))
  private func deviation(for shape: Shape) -> Double {
    let fans = TorchFans(of: shape)
    return gain * (2 / (fans.fanIn + fans.fanOut)).squareRoot()
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
    try target.fill(
      &span, range, deviation: deviation(for: target.shape), isUniform: isUniform,
      for: className)
  }
}

extension Initializer where Self == TorchXavierInitializer {
  /// U[−limit, limit), limit = gain · √(6 / (fanIn + fanOut)), as PyTorch draws it.
  public static func torchXavierUniform(gain: Double = 1, seed: Int64? = nil) -> Self {
    .init(gain: gain, isUniform: true, seed: seed)
  }

  /// N(0, gain² · 2 / (fanIn + fanOut)), as PyTorch draws it.
  public static func torchXavierNormal(gain: Double = 1, seed: Int64? = nil) -> Self {
    .init(gain: gain, isUniform: false, seed: seed)
  }
}

extension FillTarget {
  /// U[−√3 · deviation, √3 · deviation), or N(0, deviation²), as PyTorch draws them.
  func fill(
    _ span: inout MutableRawSpan, _ range: Range<Int>, deviation: Double, isUniform: Bool,
    for className: String
  ) throws {
    let format = try scalarType.floatingFormat(for: className)
    if isUniform {
      let bound = 3.0.squareRoot() * deviation
      try random.fillUniform(
        &span, elements: range, of: shape.elementCount, from: -bound, to: bound, as: format)
    } else {
      try random.fillNormal(
        &span, elements: range, of: shape.elementCount, mean: 0, standardDeviation: deviation,
        as: format)
    }
  }
}
