public import Tensors
public import VariableGraph

/// Fills a matrix with ones on its diagonal and zeros elsewhere, as `torch.nn.init.eye_` does.
///
/// - Shape: rank 2, square or not.
/// - Determinism: draws nothing.
/// - Source: PyTorch 2.13's `torch/nn/init.py`.
public struct TorchEyeInitializer: ElementwiseInitializer {
  static let className = "torch.nn.init.eye_"

  /// Makes one.
  public init() {}

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: Self.className, config: [:])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    guard shape.rank == 2 else {
      throw InitializerError.unsuitableRank(Self.className, shape: shape, needed: "two axes")
    }
  }

  /// The value of one element; see `ElementwiseInitializer`.
  public func value(at index: Int, of target: FillTarget) -> Double {
    let columns = target.shape.dimensions[1]
    return index / columns == index % columns ? 1 : 0
  }
}

extension Initializer where Self == TorchEyeInitializer {
  /// Ones on the diagonal, zeros elsewhere.
  public static var torchEye: Self { .init() }
}
