internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with JAX's uniform or normal samples times a factor, rounded to the dtype.
///
/// `uniform` is U[0, 1) · factor; `normal` is N(0, 1) · factor; `truncatedNormal` is N(0, 1) cut off
/// at `lower` and `upper`, times factor, without a correction of its deviation.
///
/// - Determinism: element *i* depends only on the key and *i*.
/// - Source: `jax.nn.initializers.uniform`, `normal` and `truncated_normal`.
public struct JAXRandomInitializer: Initializer {
  /// The distribution before the factor.
  public enum Distribution: Sendable, Hashable {
    /// U[0, 1).
    case uniform
    /// N(0, 1).
    case normal
    /// N(0, 1) between the bounds.
    case truncatedNormal(lower: Double, upper: Double)
  }

  /// The distribution before the factor.
  public let distribution: Distribution
  /// The factor: the upper bound of `uniform`, the deviation of the others. Finite.
  public let factor: Double
  /// `jax.random.key(seed)`; without one the graph's seed counts.
  public let seed: Int64?

  /// - Parameter distribution: What is drawn before the factor.
  /// - Parameter factor: Finite; JAX's default is 0.01.
  /// - Parameter seed: `jax.random.key(seed)`; without one the graph's seed counts.
  public init(_ distribution: Distribution, factor: Double = 0.01, seed: Int64? = nil) {
    self.distribution = distribution
    self.factor = factor
    self.seed = seed
  }

  private var className: String {
    switch distribution {
    case .uniform: JAXFunction.name("uniform")
    case .normal: JAXFunction.name("normal")
    case .truncatedNormal: JAXFunction.name("truncated_normal")
    }
  }

  /// The function and its keyword arguments.
  public var configuration: InitializerConfiguration {
    var config: [String: JSONValue] = ["seed": JSONValue(seed: seed)]
    switch distribution {
    case .uniform: config["scale"] = .double(factor)
    case .normal: config["stddev"] = .double(factor)
    case .truncatedNormal(let lower, let upper):
      config["stddev"] = .double(factor)
      config["lower"] = .double(lower)
      config["upper"] = .double(upper)
    }
    return InitializerConfiguration(className: className, config: config)
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// JAX's.
  public var dialect: Dialect? { .jax }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: className)
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: className)
    let stream = ThreefryStream(key: try target.random.threefryKey)
    let count = target.shape.elementCount
    let scaling = SampleScaling.product(format.literal(factor))
    switch distribution {
    case .uniform:
      stream.fillUniform(
        &span, elements: range, of: count, from: 0, to: 1, scaling: scaling, as: format)
    case .normal:
      stream.fillNormal(&span, elements: range, of: count, scaling: scaling, as: format)
    case .truncatedNormal(let lower, let upper):
      stream.fillTruncatedNormal(
        &span, elements: range, of: count, lower: format.parameter(lower),
        upper: format.parameter(upper), scaling: scaling, as: format)
    }
  }
}

extension Initializer where Self == JAXRandomInitializer {
  /// JAX's samples from U[0, scale).
  public static func jaxUniform(scale: Double = 0.01, seed: Int64? = nil) -> Self {
    .init(.uniform, factor: scale, seed: seed)
  }

  /// JAX's samples from N(0, standardDeviation²).
  public static func jaxNormal(standardDeviation: Double = 0.01, seed: Int64? = nil) -> Self {
    .init(.normal, factor: standardDeviation, seed: seed)
  }

  /// JAX's samples from N(0, standardDeviation²), cut off at multiples of standardDeviation.
  public static func jaxTruncatedNormal(
    standardDeviation: Double = 0.01, lower: Double = -2, upper: Double = 2, seed: Int64? = nil
  ) -> Self {
    .init(
      .truncatedNormal(lower: lower, upper: upper), factor: standardDeviation, seed: seed)
  }
}
