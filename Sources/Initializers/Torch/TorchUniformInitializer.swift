public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with samples from U[lower, upper), as `torch.nn.init.uniform_` does.
///
/// fma(u, upper − lower, lower), u of 24 bits (53 in float64); 16-bit dtypes are made in float32 and
/// rounded. `upper` itself never comes out.
///
/// - Determinism: element *i* depends only on the place in the stream and *i*.
/// - Source: PyTorch 2.13's `torch/nn/init.py`.
public struct TorchUniformInitializer: Initializer {
  /// The lower bound, inclusive.
  public let lower: Double
  /// The upper bound, exclusive.
  public let upper: Double
  /// The seed of a generator of its own; without one the graph's generator counts.
  public let seed: Int64?
  static let className = "torch.nn.init.uniform_"

  /// - Parameter lower: At most `upper`; PyTorch's defaults are 0 and 1.
  /// - Parameter upper: Never drawn itself.
  /// - Parameter seed: That of a generator of its own, as `torch.manual_seed(seed)`; without one
  ///   the graph's generator counts.
  public init(from lower: Double = 0, to upper: Double = 1, seed: Int64? = nil) {
    self.lower = lower
    self.upper = upper
    self.seed = seed
  }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className,
      config: ["a": .double(lower), "b": .double(upper), "seed": JSONValue(seed: seed)])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }
  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let format = try scalarType.floatingFormat(for: Self.className)
    guard lower <= upper else {
      throw InitializerError.invalidParameter(
        Self.className, "b", found: "\(upper)", needed: "at least a, which is \(lower)")
    }
    for (name, value) in [("a", lower), ("b", upper), ("b - a", upper - lower)]
    where value.magnitude > format.greatestFiniteMagnitude {
      throw InitializerError.invalidParameter(
        Self.className, name, found: "\(value)", needed: "a finite value of dtype \(scalarType)")
    }
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.uniform(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    try target.random.fillUniform(
      &span, elements: range, of: target.shape.elementCount, from: lower, to: upper,
      as: target.scalarType.floatingFormat(for: Self.className))
  }
}

extension Initializer where Self == TorchUniformInitializer {
  /// Samples from U[lower, upper), as `torch.nn.init.uniform_` draws them.
  public static func torchUniform(
    from lower: Double = 0, to upper: Double = 1, seed: Int64? = nil
  ) -> Self { .init(from: lower, to: upper, seed: seed) }
}

extension FloatingFormat {
  /// The largest finite number of the format.
  var greatestFiniteMagnitude: Double {
    switch self {
    case .float16: 65504
    case .bfloat16: 0x1.fep127
    case .float32: Double(Float.greatestFiniteMagnitude)
    case .float64: .greatestFiniteMagnitude
    }
  }
}
