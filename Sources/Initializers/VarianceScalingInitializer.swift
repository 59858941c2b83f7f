internal import Foundation
public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples whose variance is scale / n, n counted from its fans.
///
/// With s = scale / max(1, n): `uniform` is U[−√(3 s), √(3 s)); `untruncatedNormal` is N(0, s);
/// `truncatedNormal` is the normal of deviation √s / 0.87962566103423978 cut off at two deviations,
/// which leaves the deviation √s. He, Glorot and LeCun are this initializer with other arguments.
///
/// - Shape: any; see `Fans`.
/// - Determinism: element *i* depends only on the seed and *i*.
/// - Source: `tf.keras.initializers.VarianceScaling`.
public struct VarianceScalingInitializer: Initializer {
  /// What n is.
  public enum Mode: String, Sendable, Hashable, CaseIterable {
    /// The number of inputs of one output, taps of a kernel included.
    case fanIn = "fan_in"
    /// The number of outputs that one input goes to, likewise.
    case fanOut = "fan_out"
    /// (fanIn + fanOut) / 2
    case fanAverage = "fan_avg"
  }

  /// The form of the distribution.
  public enum Distribution: String, Sendable, Hashable, CaseIterable {
    /// A uniform distribution about 0.
    case uniform
    /// A normal cut off at two deviations, made wider so that its own deviation is right.
    case truncatedNormal = "truncated_normal"
    /// A normal.
    case untruncatedNormal = "untruncated_normal"
  }

  /// The factor of the variance, positive and finite. Dimensionless.
  public let scale: Double
  /// What n is.
  public let mode: Mode
  /// The form of the distribution.
  public let distribution: Distribution
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?
  /// The axes that fans are counted by; without them the last two axes are `[in, out]`.
  public private(set) var axes: KerasAxes?
  /// The layout by which fans are read; without one the axes are `[…, in, out]`.
  public internal(set) var layout: WeightLayout?
  private let preset: String?

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 < scale < ∞.
  public init(
    scale: Double = 1, mode: Mode = .fanIn, distribution: Distribution = .truncatedNormal,
    seed: Int64? = nil
  ) throws {
    guard scale > 0, scale.isFinite else {
      throw InitializerError.invalidParameter(
        "VarianceScaling", "scale", found: "\(scale)", needed: "positive and finite")
    }
    self.init(preset: nil, scale, mode, distribution, seed)
  }

  init(
    preset: String?, _ scale: Double, _ mode: Mode, _ distribution: Distribution, _ seed: Int64?
  ) {
    self.preset = preset
    self.scale = scale
    self.mode = mode
    self.distribution = distribution
    self.seed = seed
  }

  /// The same with fans counted by axes.
  public func counting(_ axes: KerasAxes?) -> Self {
    var copy = self
    copy.axes = axes
    return copy
  }

  private var className: String { preset ?? "VarianceScaling" }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    var config: [String: JSONValue] = ["seed": JSONValue(seed: seed)]
    if preset == nil {
      config["scale"] = .double(scale)
      config["mode"] = .string(mode.rawValue)
      config["distribution"] = .string(distribution.rawValue)
    }
    config.merge(axes?.config ?? [:]) { _, axes in axes }
    if let layout { config["layout"] = layout.json }
    return InitializerConfiguration(className: className, config: config)
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: className)
    try axes?.validate(shape, className)
    try KerasSeed.validate(seed, className, in: dialect)
    guard let layout else { return }
    try InitializerError.require(
      axes == nil, className, "layout", layout.json.canonicalText,
      "given without input_axes and output_axes")
    _ = try ResolvedLayout(layout, on: shape, for: className)
  }

  /// The variance s = scale / max(1, n) for a shape.
  public func variance(for shape: Shape) -> Double {
    scale / max(1, fans(of: shape)[mode])
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { format in
      switch distribution {
      case .uniform: [.uniform(count: shape.elementCount, format)]
      case .untruncatedNormal: [.normal(count: shape.elementCount, format)]
      case .truncatedNormal: [.kerasTruncatedNormal(shape, format)]
      }
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: className)
    let variance = variance(for: target.shape)
    let count = target.shape.elementCount
    switch distribution {
    case .uniform:
      let limit = (3 * variance).squareRoot()
      try target.random.fillKerasUniform(
        &span, elements: range, of: count, from: -limit, to: limit, as: format)
    case .untruncatedNormal:
      try target.random.fillNormal(
        &span, elements: range, of: count, mean: 0, standardDeviation: variance.squareRoot(),
        as: format)
    case .truncatedNormal:
      // The deviation of the standard normal cut off at ±2, as TensorFlow writes it.
      let deviation = variance.squareRoot() / 0.87962566103423978
      try target.random.fillTruncatedNormal(
        &span, elements: range, of: count, mean: 0, standardDeviation: deviation, as: format)
    }
  }
}
