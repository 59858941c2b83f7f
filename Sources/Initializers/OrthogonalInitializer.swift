public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a matrix with orthonormal rows or columns, times gain.
///
/// A normal matrix of shape [max, min] is decomposed as q · r; q times the signs of r's diagonal,
/// transposed where there are fewer rows than columns, is uniformly distributed over such matrices.
/// Axes before the last are taken together as rows.
///
/// The decomposition is Householder's in double precision in a fixed order, so the result is the
/// same on every machine. TensorFlow's own comes from a library that sums in another order, in the
/// dtype: the two agree to about √n · ε of the dtype, not to the bit.
///
/// - Shape: rank ≥ 2.
/// - Determinism: depends on the seed and the shape; made as a whole.
/// - Complexity: O(*m · n²*) for n ≤ m.
/// - Source: Saxe, McClelland and Ganguli (2014), "Exact solutions to the nonlinear dynamics of
///   learning in deep linear neural networks"; `tf.keras.initializers.Orthogonal`.
public struct OrthogonalInitializer: Initializer {
  /// The factor, finite.
  public let gain: Double
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Parameter gain: Finite.
  /// - Parameter seed: The initializer's own seed, as the framework takes it; without one the
  ///   graph's seed and the variable's name count.
  public init(gain: Double = 1, seed: Int64? = nil) {
    self.gain = gain
    self.seed = seed
  }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Orthogonal", config: ["gain": .double(gain), "seed": JSONValue(seed: seed)])
  }

  /// 2: decomposed in blocks, in float32 unless the dtype is float64.
  public var version: Int { 2 }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { false }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    // TensorFlow has no decomposition in bfloat16 either, JAX and PyTorch none in 16 bits.
    let allowed: [ScalarType] =
      dialect.framework == .tensorFlow ? [.float16, .float32, .float64] : [.float32, .float64]
    guard allowed.contains(scalarType) else {
      throw InitializerError.unsuitableScalarType(
        "Orthogonal", found: scalarType, allowed: allowed)
    }
    guard shape.rank >= 2 else {
      throw InitializerError.unsuitableRank(
        "Orthogonal", shape: shape, needed: "at least two axes")
    }
    try KerasSeed.validate(seed, "Orthogonal", in: dialect)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.normal(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let dimensions = target.shape.dimensions
    guard let columns = dimensions.last, target.shape.elementCount > 0 else { return }
    let rows = target.shape.elementCount / columns
    let format = try target.scalarType.floatingFormat(for: "Orthogonal")
    try OrthogonalMatrix(rows: rows, columns: columns, as: target.scalarType, in: .ofType) { span in
      try target.random.fillNormal(
        &span, elements: 0..<target.shape.elementCount, of: target.shape.elementCount, mean: 0,
        standardDeviation: 1, as: format)
    }.store(in: &span, gain: gain, as: target.scalarType)
  }
}

extension Initializer where Self == OrthogonalInitializer {
  /// Orthonormal rows or columns, times gain.
  public static func orthogonal(gain: Double = 1, seed: Int64? = nil) -> Self {
    .init(gain: gain, seed: seed)
  }
}
