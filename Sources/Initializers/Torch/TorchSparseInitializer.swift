public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a matrix with samples from N(0, standardDeviation²), and sets a fraction of each column to 0,
/// as `torch.nn.init.sparse_` does.
///
/// After the normals one permutation of the rows is drawn for each column; its first
/// ⌈sparsity · rows⌉ rows become 0.
///
/// - Shape: rank 2.
/// - Determinism: depends on the place in the stream and the shape; made as a whole.
/// - Source: Martens (2010), "Deep learning via Hessian-free optimization"; PyTorch 2.13's
///   `torch/nn/init.py`.
public struct TorchSparseInitializer: Initializer {
  /// The fraction of each column that is 0, from 0 to 1.
  public let sparsity: Double
  /// The standard deviation of the others, 0 or more.
  public let standardDeviation: Double
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let className = "torch.nn.init.sparse_"

  /// - Parameter sparsity: From 0 to 1.
  /// - Parameter standardDeviation: 0 or more; PyTorch's default is 0.01.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(sparsity: Double, standardDeviation: Double = 0.01, seed: Int64? = nil) {
    self.sparsity = sparsity
    self.standardDeviation = standardDeviation
    self.seed = seed
  }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className,
      config: [
        "sparsity": .double(sparsity), "std": .double(standardDeviation),
        "seed": JSONValue(seed: seed),
      ])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { false }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    guard sparsity >= 0, sparsity <= 1 else {
      throw InitializerError.invalidParameter(
        Self.className, "sparsity", found: "\(sparsity)", needed: "from 0 to 1")
    }
    guard standardDeviation >= 0 else {
      throw InitializerError.invalidParameter(
        Self.className, "std", found: "\(standardDeviation)", needed: "0 or more")
    }
    guard shape.rank == 2 else {
      throw InitializerError.unsuitableRank(Self.className, shape: shape, needed: "two axes")
    }
    _ = try scalarType.floatingFormat(for: Self.className)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    guard shape.rank == 2 else { return nil }
    return scalarType.floatingFormat.map {
      [
        .normal(count: shape.elementCount, $0),
        .permutations(of: shape.dimensions[0], times: shape.dimensions[1]),
      ]
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let format = try target.scalarType.floatingFormat(for: Self.className)
    try target.random.fillNormal(
      &span, elements: range, of: target.shape.elementCount, mean: 0,
      standardDeviation: standardDeviation, as: format)
    guard case .mersenneTwister(let start) = target.random, !range.isEmpty else { return }
    let (rows, columns) = (target.shape.dimensions[0], target.shape.dimensions[1])
    let zeros = Int((sparsity * Double(rows)).rounded(.up))
    var state = start.advanced(by: .normal(count: target.shape.elementCount, format))
    for column in 0..<columns {
      for row in state.permutation(of: rows).prefix(zeros) {
        ScalarCoding.store(
          bitPattern: 0, in: &span, at: row * columns + column, as: target.scalarType)
      }
      state = state.advanced(by: .permutations(of: rows, times: 1))
    }
  }
}

extension Initializer where Self == TorchSparseInitializer {
  /// Normals with a fraction of each column 0, as `torch.nn.init.sparse_` draws them.
  public static func torchSparse(
    sparsity: Double, standardDeviation: Double = 0.01, seed: Int64? = nil
  ) -> Self {
    .init(sparsity: sparsity, standardDeviation: standardDeviation, seed: seed)
  }
}
