public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples from N(mean, standardDeviation²), as `torch.nn.init.normal_` does.
///
/// Box and Muller's transform of blocks of 16 numbers; a tensor of fewer than 16 elements takes pairs
/// in double precision, and the second of a last pair stays for the next short tensor.
///
/// - Determinism: element *i* depends only on the place in the stream, the number of elements and *i*.
/// - Source: PyTorch 2.13's `torch/nn/init.py` and `ATen/native/cpu/DistributionTemplates.h`.
public struct TorchNormalInitializer: Initializer {
  /// The mean.
  public let mean: Double
  /// The standard deviation, 0 or more.
  public let standardDeviation: Double
  /// The row that is set to 0 afterwards, as `nn.Embedding` does with `padding_idx`.
  public let zeroedRow: Int?
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let className = "torch.nn.init.normal_"
  static let embeddingName = "torch.nn.Embedding"

  /// - Parameter mean: Any number; PyTorch's default is 0.
  /// - Parameter standardDeviation: 0 or more; PyTorch's default is 1.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(mean: Double = 0, standardDeviation: Double = 1, seed: Int64? = nil) {
    self.init(mean: mean, standardDeviation: standardDeviation, zeroedRow: nil, seed: seed)
  }

  /// The weight of `nn.Embedding`: N(0, 1), and 0 in one row.
  public init(embeddingWithZeroedRow row: Int?, seed: Int64? = nil) {
    self.init(mean: 0, standardDeviation: 1, zeroedRow: row, seed: seed)
  }

  private init(mean: Double, standardDeviation: Double, zeroedRow: Int?, seed: Int64?) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.zeroedRow = zeroedRow
    self.seed = seed
  }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    if let zeroedRow {
      return InitializerConfiguration(
        className: Self.embeddingName,
        config: ["padding_idx": .integer(Int64(zeroedRow)), "seed": JSONValue(seed: seed)])
    }
    return InitializerConfiguration(
      className: Self.className,
      config: [
        "mean": .double(mean), "std": .double(standardDeviation), "seed": JSONValue(seed: seed),
      ])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: configuration.className)
    guard standardDeviation >= 0 else {
      throw InitializerError.invalidParameter(
        Self.className, "std", found: "\(standardDeviation)", needed: "0 or more")
    }
    guard let zeroedRow else { return }
    guard shape.rank == 2 else {
      throw InitializerError.unsuitableRank(Self.embeddingName, shape: shape, needed: "two axes")
    }
    let rows = shape.dimensions[0]
    guard zeroedRow >= 0, zeroedRow < rows else {
      throw InitializerError.invalidParameter(
        Self.embeddingName, "padding_idx", found: "\(zeroedRow)", needed: "0 to \(rows - 1)")
    }
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.normal(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    try target.random.fillNormal(
      &span, elements: range, of: target.shape.elementCount, mean: mean,
      standardDeviation: standardDeviation,
      as: target.scalarType.floatingFormat(for: configuration.className))
    guard let zeroedRow, let columns = target.shape.dimensions.last else { return }
    let row = (zeroedRow * columns..<(zeroedRow + 1) * columns).clamped(to: range)
    for index in row {
      ScalarCoding.store(
        bitPattern: 0, in: &span, at: index - range.lowerBound, as: target.scalarType)
    }
  }
}

extension Initializer where Self == TorchNormalInitializer {
  /// Samples from N(mean, standardDeviation²), as `torch.nn.init.normal_` draws them.
  public static func torchNormal(
    mean: Double = 0, standardDeviation: Double = 1, seed: Int64? = nil
  ) -> Self { .init(mean: mean, standardDeviation: standardDeviation, seed: seed) }
}
