public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a matrix with orthonormal rows or columns, times gain, as `torch.nn.init.orthogonal_` does.
///
/// A normal matrix of shape [rows, columns] – the first axis, and the others together – is transposed
/// where it has fewer rows than columns, decomposed as q · r, and q times the signs of r's diagonal is
/// transposed back.
///
/// The normals are PyTorch's to the bit; the decomposition is Householder's in double precision in a
/// fixed order, where PyTorch's comes from LAPACK: the two agree to about √n · ε of the dtype.
///
/// - Shape: rank ≥ 2.
/// - Determinism: depends on the place in the stream and the shape; made as a whole.
/// - Complexity: O(*m · n²*) for n ≤ m.
/// - Source: Saxe, McClelland and Ganguli (2014), "Exact solutions to the nonlinear dynamics of
///   learning in deep linear neural networks"; PyTorch 2.13's `torch/nn/init.py`.
public struct TorchOrthogonalInitializer: Initializer {
  /// The factor, finite.
  public let gain: Double
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let className = "torch.nn.init.orthogonal_"

  /// - Parameter gain: Finite.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(gain: Double = 1, seed: Int64? = nil) {
    self.gain = gain
    self.seed = seed
  }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className, config: ["gain": .double(gain), "seed": JSONValue(seed: seed)])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { false }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    // PyTorch has no decomposition in 16 bits on the CPU.
    let allowed: [ScalarType] = [.float32, .float64]
    guard allowed.contains(scalarType) else {
      throw InitializerError.unsuitableScalarType(
        Self.className, found: scalarType, allowed: allowed)
    }
    try TorchFans.check(shape, for: Self.className)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.normal(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let count = target.shape.elementCount
    guard let rows = target.shape.dimensions.first, count > 0 else { return }
    let format = try target.scalarType.floatingFormat(for: Self.className)
    try OrthogonalMatrix(
      rows: rows, columns: count / rows, as: target.scalarType, in: .double, isRowMajor: true
    ) { span in
      try target.random.fillNormal(
        &span, elements: 0..<count, of: count, mean: 0, standardDeviation: 1, as: format)
    }.store(in: &span, gain: gain, as: target.scalarType)
  }
}

extension Initializer where Self == TorchOrthogonalInitializer {
  /// Orthonormal rows or columns, times gain, of PyTorch's normals.
  public static func torchOrthogonal(gain: Double = 1, seed: Int64? = nil) -> Self {
    .init(gain: gain, seed: seed)
  }
}
