public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples from N(mean, standardDeviation²), or from the same normal cut off at
/// two standard deviations.
///
/// z · standardDeviation + mean, both operations rounded to the dtype. Values of a truncated normal
/// with |z| ≥ 2 are drawn again, so its own deviation is 0.8796… · standardDeviation.
///
/// - Determinism: element *i* depends only on the seed and *i*.
/// - Source: `tf.random_normal_initializer`, `tf.keras.initializers.TruncatedNormal`.
public struct RandomNormalInitializer: Initializer {
  /// The mean.
  public let mean: Double
  /// The standard deviation before truncation.
  public let standardDeviation: Double
  /// True for the normal without its tails.
  public let isTruncated: Bool
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Parameter mean: Added after scaling; Keras's default is 0.
  /// - Parameter standardDeviation: Finite; Keras's default is 0.05.
  /// - Parameter isTruncated: True to draw values of two deviations and more from the mean again.
  /// - Parameter seed: The initializer's own seed, as the framework takes it; without one the
  ///   graph's seed and the variable's name count.
  public init(
    mean: Double = 0, standardDeviation: Double = 0.05, isTruncated: Bool = false,
    seed: Int64? = nil
  ) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.isTruncated = isTruncated
    self.seed = seed
  }

  private var className: String { isTruncated ? "TruncatedNormal" : "RandomNormal" }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className,
      config: [
        "mean": .double(mean), "stddev": .double(standardDeviation),
        "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: className)
    try KerasSeed.validate(seed, className, in: dialect)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map {
      [isTruncated ? .kerasTruncatedNormal(shape, $0) : .normal(count: shape.elementCount, $0)]
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: className)
    let count = target.shape.elementCount
    if isTruncated {
      try target.random.fillTruncatedNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: standardDeviation,
        as: format)
    } else {
      try target.random.fillNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: standardDeviation,
        as: format)
    }
  }
}

extension Initializer where Self == RandomNormalInitializer {
  /// Samples from N(mean, standardDeviation²).
  public static func normal(
    mean: Double = 0, standardDeviation: Double = 0.05, seed: Int64? = nil
  ) -> Self { .init(mean: mean, standardDeviation: standardDeviation, seed: seed) }

  /// Samples from N(mean, standardDeviation²) within two standard deviations of the mean.
  public static func truncatedNormal(
    mean: Double = 0, standardDeviation: Double = 0.05, seed: Int64? = nil
  ) -> Self {
    .init(mean: mean, standardDeviation: standardDeviation, isTruncated: true, seed: seed)
  }
}
