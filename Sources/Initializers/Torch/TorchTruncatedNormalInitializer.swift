public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples from N(mean, standardDeviation²) between two bounds, as
/// `torch.nn.init.trunc_normal_` of PyTorch 2.13 does.
///
/// The bounds are values, not multiples of the deviation: with the defaults ±2 and a deviation of 0.02
/// nothing is cut off. Older versions of PyTorch invert the cumulative distribution and give other
/// values.
///
/// - Determinism: element *i* depends only on the place in the stream, the number of elements and *i*.
///   Where values can fall outside the bounds, the place of the next draw depends on all of them.
/// - Source: PyTorch 2.13's `torch/nn/init.py`.
public struct TorchTruncatedNormalInitializer: Initializer {
  /// The mean before truncation.
  public let mean: Double
  /// The standard deviation before truncation, positive.
  public let standardDeviation: Double
  /// The lower bound.
  public let lower: Double
  /// The upper bound.
  public let upper: Double
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let className = "torch.nn.init.trunc_normal_"

  /// - Parameter mean: The mean before truncation; PyTorch's default is 0.
  /// - Parameter standardDeviation: Positive; PyTorch's default is 1.
  /// - Parameter lower: The lower bound, a value and no multiple of the deviation; PyTorch's
  ///   default is −2.
  /// - Parameter upper: The upper bound, likewise; PyTorch's default is 2.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(
    mean: Double = 0, standardDeviation: Double = 1, from lower: Double = -2,
    to upper: Double = 2, seed: Int64? = nil
  ) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.lower = lower
    self.upper = upper
    self.seed = seed
  }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className,
      config: [
        "mean": .double(mean), "std": .double(standardDeviation), "a": .double(lower),
        "b": .double(upper), "seed": JSONValue(seed: seed),
      ])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let draw = draw(shape, try scalarType.floatingFormat(for: Self.className))
    guard standardDeviation > 0 else {
      throw InitializerError.invalidParameter(
        Self.className, "std", found: "\(standardDeviation)", needed: "positive")
    }
    guard lower <= upper else {
      throw InitializerError.invalidParameter(
        Self.className, "b", found: "\(upper)", needed: "at least a, which is \(lower)")
    }
    guard !draw.isDataDependent || draw.count <= TruncatedNormalDraw.maximumCount else {
      throw InitializerError.unsuitableRank(
        Self.className, shape: shape,
        needed: "at most \(TruncatedNormalDraw.maximumCount) elements where values can be rejected")
    }
    guard draw.isDrawable else {
      throw InitializerError.invalidParameter(
        Self.className, "a and b", found: "\(lower) and \(upper)",
        needed: "bounds of which N(\(mean), \(standardDeviation)²) reaches a fair part")
    }
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.truncatedNormal(draw(shape, $0))] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let draw = draw(target.shape, try target.scalarType.floatingFormat(for: Self.className))
    guard draw.isDataDependent, case .mersenneTwister(let state) = target.random else {
      return try target.random.fillNormal(
        &span, elements: range, of: draw.count, mean: mean,
        standardDeviation: standardDeviation, as: draw.format)
    }
    state.fillTruncatedNormal(&span, elements: range, draw)
  }

  private func draw(_ shape: Shape, _ format: FloatingFormat) -> TruncatedNormalDraw {
    TruncatedNormalDraw(
      count: shape.elementCount, format: format, mean: mean,
      standardDeviation: standardDeviation, lower: lower, upper: upper)
  }
}

extension Initializer where Self == TorchTruncatedNormalInitializer {
  /// A normal between two values, as `torch.nn.init.trunc_normal_` draws it.
  public static func torchTruncatedNormal(
    mean: Double = 0, standardDeviation: Double = 1, from lower: Double = -2,
    to upper: Double = 2, seed: Int64? = nil
  ) -> Self {
    .init(
      mean: mean, standardDeviation: standardDeviation, from: lower, to: upper, seed: seed)
  }
}
