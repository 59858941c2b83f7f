internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with JAX's orthonormal columns or rows, times scale.
///
/// The axis `columnAxis` holds the columns, all others together are the rows. A normal matrix of shape
/// [max, min] is decomposed as q · r; q times the signs of r's diagonal, transposed where there are
/// fewer rows than columns. The delta form is 0 but for the middle of the leading axes, where it is
/// the orthogonal matrix of the last two axes.
///
/// The decomposition is Householder's in double precision in a fixed order, so the result is the
/// same on every machine; JAX's own comes from LAPACK in the dtype, and the two agree to rounding.
///
/// - Shape: rank ≥ 2; the delta form: rank 3 to 5, and not more inputs than outputs.
/// - Determinism: depends on the key and the shape; made as a whole.
/// - Complexity: O(*m · n²*) for n ≤ m.
/// - Source: `jax.nn.initializers.orthogonal` and `delta_orthogonal`; Xiao et al. (2018), "Dynamical
///   isometry and a mean field theory of CNNs".
public struct JAXOrthogonalInitializer: Initializer {
  /// The factor, finite.
  public let scale: Double
  /// The axis of the columns; from the end when negative.
  public let columnAxis: Int
  /// True for the kernel that is orthogonal in its middle and 0 elsewhere.
  public let isDelta: Bool
  /// `jax.random.key(seed)`; without one the graph's seed counts.
  public let seed: Int64?

  /// - Parameter scale: Finite.
  /// - Parameter columnAxis: The axis of the columns, −1 in JAX; it counts from the end where it is
  ///   negative.
  /// - Parameter isDelta: True for `delta_orthogonal`: 0 but for the middle of the leading axes.
  /// - Parameter seed: `jax.random.key(seed)`; without one the graph's seed counts.
  public init(scale: Double = 1, columnAxis: Int = -1, isDelta: Bool = false, seed: Int64? = nil) {
    self.scale = scale
    self.columnAxis = columnAxis
    self.isDelta = isDelta
    self.seed = seed
  }

  private var className: String { JAXFunction.name(isDelta ? "delta_orthogonal" : "orthogonal") }

  /// The function and its keyword arguments.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className,
      config: [
        "scale": .double(scale), "column_axis": .integer(Int64(columnAxis)),
        "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// JAX's.
  public var dialect: Dialect? { .jax }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { false }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    // JAX has no decomposition in 16 bits either.
    let allowed: [ScalarType] = [.float32, .float64]
    guard allowed.contains(scalarType) else {
      throw InitializerError.unsuitableScalarType(
        className, found: scalarType, allowed: allowed)
    }
    let sizes = shape.dimensions
    guard isDelta ? (3...5).contains(shape.rank) : shape.rank >= 2 else {
      throw InitializerError.unsuitableRank(
        className, shape: shape, needed: isDelta ? "three to five axes" : "at least two axes")
    }
    if isDelta, sizes[shape.rank - 1] < sizes[shape.rank - 2] {
      throw InitializerError.unsuitableRank(
        className, shape: shape, needed: "not more inputs (axis -2) than outputs (axis -1)")
    }
    guard (isDelta ? -2..<2 : -shape.rank..<shape.rank).contains(columnAxis) else {
      throw InitializerError.unsuitableRank(
        className, shape: shape, needed: "enough axes for column_axis \(columnAxis)")
    }
  }

  /// Writes all elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    guard target.shape.elementCount > 0 else { return }
    let sizes = target.shape.dimensions
    guard isDelta else {
      try fillMatrix(&span, sizes, target, from: 0)
      return
    }
    for place in range { _ = ScalarCoding.store(0, in: &span, at: place, as: target.scalarType) }
    let middle = sizes.dropLast(2).reduce(0) { $0 * $1 + ($1 - 1) / 2 }
    let tap = sizes.suffix(2)
    try fillMatrix(&span, tap, target, from: tap.reduce(middle, *))
  }

  /// Writes the orthogonal tensor of these sizes, row-major, from an element on.
  private func fillMatrix(
    _ span: inout MutableRawSpan, _ sizes: some Collection<Int>, _ target: FillTarget,
    from first: Int
  ) throws {
    let sizes = Array(sizes)
    let axis = columnAxis < 0 ? columnAxis + sizes.count : columnAxis
    let count = sizes.reduce(1, *)
    let type = target.scalarType
    let format = try type.floatingFormat(for: className)
    let stream = ThreefryStream(key: try target.random.threefryKey)
    try OrthogonalMatrix(
      rows: count / sizes[axis], columns: sizes[axis], as: type, in: .double
    ) { span in
      stream.fillNormal(&span, elements: 0..<count, of: count, as: format)
    }.store(
      in: &span, from: first, gain: format.literal(scale), as: type,
      // Elements behind the column axis, whose row numbers lie next to each other.
      inner: sizes[(axis + 1)...].reduce(1, *))
  }
}

extension Initializer where Self == JAXOrthogonalInitializer {
  /// JAX's orthonormal columns or rows, times scale.
  public static func jaxOrthogonal(
    scale: Double = 1, columnAxis: Int = -1, seed: Int64? = nil
  ) -> Self { .init(scale: scale, columnAxis: columnAxis, seed: seed) }

  /// JAX's kernels that are orthogonal in their middle and 0 elsewhere, times scale.
  public static func jaxDeltaOrthogonal(
    scale: Double = 1, columnAxis: Int = -1, seed: Int64? = nil
  ) -> Self { .init(scale: scale, columnAxis: columnAxis, isDelta: true, seed: seed) }
}
