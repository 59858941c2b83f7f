public import Tensors
public import VariableGraph

/// Fills a variable with one value, as `torch.nn.init.constant_`, `ones_` and `zeros_` do.
///
/// - Determinism: draws nothing.
/// - Source: PyTorch 2.13's `torch/nn/init.py`.
public struct TorchConstantInitializer: Initializer {
  /// The value of all elements.
  public let value: Double
  private let className: String

  /// All elements `value`.
  public init(_ value: Double) {
    self.init(value, className: "torch.nn.init.constant_")
  }

  private init(_ value: Double, className: String) {
    self.value = value
    self.className = className
  }

  /// All elements 1.
  public static let ones = TorchConstantInitializer(1, className: "torch.nn.init.ones_")
  /// All elements 0.
  public static let zeros = TorchConstantInitializer(0, className: "torch.nn.init.zeros_")

  /// The function and its arguments, as PyTorch has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className,
      config: className == "torch.nn.init.constant_" ? ["val": .double(value)] : [:])
  }

  /// PyTorch's.
  public var dialect: Dialect? { .pyTorch }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    try ConstantInitializer(value).validate(shape, scalarType, in: dialect)
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    try ConstantInitializer(value).fill(&span, elements: range, of: target)
  }
}

extension Initializer where Self == TorchConstantInitializer {
  /// All elements `value`, as `torch.nn.init.constant_`.
  public static func torchConstant(_ value: Double) -> Self { .init(value) }
}
