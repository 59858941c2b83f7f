public import Tensors
public import VariableGraph

/// Fills a convolution's weight so that it hands its input channels on, as `torch.nn.init.dirac_` does.
///
/// Element [g · n + d, d, middle, …] is 1 for each group g and channel d, n being the output channels of
/// a group; all others are 0. The middle of an axis of k is k / 2, rounded down.
///
/// - Shape: rank 3 to 5, `[out, in, …]`; out is a multiple of `groups`.
/// - Determinism: draws nothing.
/// - Source: PyTorch 2.13's `torch/nn/init.py`.
public struct TorchDiracInitializer: Initializer {
  /// The number of groups that are handed on apart, 1 or more.
  public let groups: Int
  static let className = "torch.nn.init.dirac_"

  /// - Parameter groups: 1 or more.
  public init(groups: Int = 1) { self.groups = groups }

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className, config: ["groups": .integer(Int64(groups))])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    guard (3...5).contains(shape.rank) else {
      throw InitializerError.unsuitableRank(
        Self.className, shape: shape, needed: "three to five axes")
    }
    guard groups >= 1, shape.dimensions[0] % groups == 0 else {
      throw InitializerError.invalidParameter(
        Self.className, "groups", found: "\(groups)",
        needed: "a divisor of the first axis, which is \(shape.dimensions[0])")
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let sizes = target.shape.dimensions
    guard !range.isEmpty else { return }
    let outputs = sizes[0] / groups
    let kernel = sizes.dropFirst(2).reduce(1, *)
    let middle = sizes.dropFirst(2).reduce(0) { $0 * $1 + $1 / 2 }
    for (place, index) in range.enumerated() {
      let channel = index / kernel
      let isOne =
        index % kernel == middle && channel / sizes[1] % outputs == channel % sizes[1]
      _ = ScalarCoding.store(isOne ? 1 : 0, in: &span, at: place, as: target.scalarType)
    }
  }
}

extension Initializer where Self == TorchDiracInitializer {
  /// A convolution that hands its channels on.
  public static func torchDirac(groups: Int = 1) -> Self { .init(groups: groups) }
}
