internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with JAX's samples of variance scale / n, n counted from the fans of its axes.
///
/// With v = scale / n in the dtype: `uniform` is U[−1, 1) · √(3 v); `normal` is N(0, 1) · √v;
/// `truncatedNormal` is N(0, 1) cut off at ±2, times √v / 0.87962566103423978. Every operation is
/// rounded to the dtype. He, Glorot and LeCun are this initializer with other arguments.
///
/// - Shape: rank ≥ 2 with the default axes.
/// - Determinism: element *i* depends only on the key and *i*.
/// - Source: `jax.nn.initializers.variance_scaling`.
public struct JAXVarianceScalingInitializer: Initializer {
  /// What n is.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// The number of inputs of one output, taps of a kernel included.
    case fanIn = "fan_in"
    /// The number of outputs that one input goes to, likewise.
    case fanOut = "fan_out"
    /// (fanIn + fanOut) / 2
    case fanAverage = "fan_avg"
    /// √(fanIn · fanOut)
    case fanGeometricAverage = "fan_geo_avg"
  }

  /// The form of the distribution.
  public enum Distribution: String, Sendable, Hashable, CaseIterable {
    /// A normal cut off at two deviations, made wider so that its own deviation is right.
    case truncatedNormal = "truncated_normal"
    /// A normal.
    case normal
    /// A uniform distribution about 0.
    case uniform
  }

  /// The factor of the variance, finite and not negative. Dimensionless.
  public let scale: Double
  /// What n is.
  public let mode: Mode
  /// The form of the distribution.
  public let distribution: Distribution
  /// The axes of the inputs.
  public let inAxis: JAXAxes
  /// The axes of the outputs.
  public let outAxis: JAXAxes
  /// The axes that count for neither, nor for the receptive field.
  public let batchAxis: JAXAxes
  /// `jax.random.key(seed)`; without one the graph's seed counts.
  public let seed: Int64?
  private let function: String

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 ≤ scale < ∞.
  public init(
    scale: Double, mode: Mode, distribution: Distribution, inAxis: JAXAxes = -2,
    outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) throws {
    guard scale >= 0, scale.isFinite else {
      throw InitializerError.invalidParameter(
        JAXFunction.name("variance_scaling"), "scale", found: "\(scale)",
        needed: "finite and not negative")
    }
    self.init(
      function: JAXVarianceScalingInitializer.general, scale, mode, distribution, inAxis, outAxis,
      batchAxis, seed)
  }

  init(
    function: String, _ scale: Double, _ mode: Mode, _ distribution: Distribution,
    _ inAxis: JAXAxes, _ outAxis: JAXAxes, _ batchAxis: JAXAxes, _ seed: Int64?
  ) {
    self.function = function
    self.scale = scale
    self.mode = mode
    self.distribution = distribution
    self.inAxis = inAxis
    self.outAxis = outAxis
    self.batchAxis = batchAxis
    self.seed = seed
  }

  private static let general = "variance_scaling"
  private var className: String { JAXFunction.name(function) }

  /// The function and its keyword arguments.
  public var configuration: InitializerConfiguration {
    var config: [String: JSONValue] = [
      "in_axis": inAxis.json, "out_axis": outAxis.json, "batch_axis": batchAxis.json,
      "seed": JSONValue(seed: seed),
    ]
    if function == JAXVarianceScalingInitializer.general {
      config["scale"] = .double(scale)
      config["mode"] = .string(mode.rawValue)
      config["distribution"] = .string(distribution.rawValue)
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
    _ = try variance(for: shape)
  }

  /// The variance scale / n for a shape, before it is rounded to a dtype.
  ///
  /// - Throws: `InitializerError.Code.unsuitableShape`.
  public func variance(for shape: Shape) throws -> Double {
    let fans = try JAXFans(shape, in: inAxis, out: outAxis, batch: batchAxis, className)
    let n =
      switch mode {
      case .fanIn: fans.fanIn
      case .fanOut: fans.fanOut
      case .fanAverage: (fans.fanIn + fans.fanOut) / 2
      case .fanGeometricAverage: (fans.fanIn * fans.fanOut).squareRoot()
      }
    return scale / n
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: className)
    let variance = format.literal(try variance(for: target.shape))
    let stream = ThreefryStream(key: try target.random.threefryKey)
    let count = target.shape.elementCount
    switch distribution {
    case .uniform:
      let factor = format.squareRoot(of: format.product(3, variance))
      stream.fillUniform(
        &span, elements: range, of: count, from: -1, to: 1, scaling: .product(factor), as: format)
    case .normal:
      stream.fillNormal(
        &span, elements: range, of: count, scaling: .product(format.squareRoot(of: variance)),
        as: format)
    case .truncatedNormal:
      // The deviation of the standard normal cut off at ±2, as JAX writes it.
      let correction = format.literal(0.87962566103423978)
      let factor = format.quotient(format.squareRoot(of: variance), correction)
      stream.fillTruncatedNormal(
        &span, elements: range, of: count, lower: -2, upper: 2, scaling: .product(factor),
        as: format)
    }
  }
}
