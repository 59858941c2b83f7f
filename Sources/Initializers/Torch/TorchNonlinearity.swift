/// A function after a layer, by PyTorch's name, and the gain that keeps the variance through it.
///
/// A struct and not an enum, so that functions can be added without breaking a switch.
public struct TorchNonlinearity: Sendable, Hashable {
  /// The name, such as `leaky_relu`.
  public let name: String

  /// No function.
  public static let linear = Self(name: "linear")
  /// A convolution's output as it is.
  public static let conv1d = Self(name: "conv1d")
  /// A convolution's output as it is.
  public static let conv2d = Self(name: "conv2d")
  /// A convolution's output as it is.
  public static let conv3d = Self(name: "conv3d")
  /// A transposed convolution's output as it is.
  public static let convTranspose1d = Self(name: "conv_transpose1d")
  /// A transposed convolution's output as it is.
  public static let convTranspose2d = Self(name: "conv_transpose2d")
  /// A transposed convolution's output as it is.
  public static let convTranspose3d = Self(name: "conv_transpose3d")
  /// 1 / (1 + e⁻ˣ)
  public static let sigmoid = Self(name: "sigmoid")
  /// The hyperbolic tangent.
  public static let tanh = Self(name: "tanh")
  /// max(x, 0)
  public static let relu = Self(name: "relu")
  /// max(x, slope · x)
  public static let leakyRelu = Self(name: "leaky_relu")
  /// The scaled exponential linear unit.
  public static let selu = Self(name: "selu")

  /// All functions that have a gain.
  public static let all: [TorchNonlinearity] = [
    .linear, .conv1d, .conv2d, .conv3d, .convTranspose1d, .convTranspose2d, .convTranspose3d,
    .sigmoid, .tanh, .relu, .leakyRelu, .selu,
  ]

  private init(name: String) { self.name = name }

  /// The function of that name; `nil` where there is none.
  public init?(named name: String) {
    guard let known = Self.all.first(where: { $0.name == name }) else { return nil }
    self = known
  }

  /// The gain: 1 for linear functions and the sigmoid, 5/3 for tanh, √2 for ReLU,
  /// √(2 / (1 + slope²)) for leaky ReLU, 3/4 for SELU.
  ///
  /// - Parameter slope: The negative slope of a leaky ReLU; 0.01 where it is absent.
  /// - Source: `calculate_gain` of `torch/nn/init.py`.
  public func gain(slope: Double? = nil) -> Double {
    switch self {
    case .tanh: return 5.0 / 3
    case .relu: return 2.0.squareRoot()
    case .leakyRelu:
      let slope = slope ?? 0.01
      return (2 / (1 + slope * slope)).squareRoot()
    case .selu: return 3.0 / 4
    default: return 1
    }
  }
}
