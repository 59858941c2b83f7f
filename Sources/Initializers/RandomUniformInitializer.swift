public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples from U[minimum, maximum).
///
/// u · (maximum − minimum) + minimum, every operation rounded to the dtype, as TensorFlow does.
///
/// - Determinism: element *i* depends only on the seed and *i*.
/// - Source: `tf.random_uniform_initializer`.
public struct RandomUniformInitializer: Initializer {
  /// The lower bound, inclusive.
  public let minimum: Double
  /// The upper bound; rounding can reach it in the 16-bit dtypes.
  public let maximum: Double
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Parameter range: Finite bounds; Keras's default is ±0.05.
  /// - Parameter seed: The initializer's own seed, as the framework takes it; without one the
  ///   graph's seed and the variable's name count.
  public init(in range: Range<Double> = -0.05..<0.05, seed: Int64? = nil) {
    self.init(minimum: range.lowerBound, maximum: range.upperBound, seed: seed)
  }

  init(minimum: Double, maximum: Double, seed: Int64?) {
    self.minimum = minimum
    self.maximum = maximum
    self.seed = seed
  }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "RandomUniform",
      config: [
        "minval": .double(minimum), "maxval": .double(maximum), "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: "RandomUniform")
    try KerasSeed.validate(seed, "RandomUniform", in: dialect)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.uniform(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    try target.random.fillKerasUniform(
      &span, elements: range, of: target.shape.elementCount, from: minimum, to: maximum,
      as: try target.scalarType.floatingFormat(for: "RandomUniform"))
  }
}

extension Initializer where Self == RandomUniformInitializer {
  /// Samples from U[range).
  public static func uniform(
    in range: Range<Double> = -0.05..<0.05, seed: Int64? = nil
  ) -> Self { .init(in: range, seed: seed) }
}
