public import VariableGraph

/// Whose layers are meant: their names of variables, their layouts and their default initializers.
///
/// A struct and not an enum, so that conventions can be added without breaking a switch.
public struct LayerConvention: Sendable, Hashable, CustomStringConvertible {
  /// The name, such as `keras`.
  public let name: String
  /// What stands between the parts of a path.
  public let separator: String
  /// What stands between the name of an array and the number of an element; as between all parts
  /// where it is `nil`.
  public let elementSeparator: String?

  /// Keras's: `kernel` of [in, out] and `bias`.
  public static let keras = LayerConvention("keras", "/")
  /// Flax Linen's: `kernel` of [in, out] and `bias`; element 3 of `blocks` is `blocks_3`.
  public static let flaxLinen = LayerConvention("flax-linen", "/", "_")
  /// Flax NNX's: `kernel` of [in, out] and `bias`.
  public static let flaxNNX = LayerConvention("flax-nnx", ".")
  /// PyTorch's: `weight` of [out, in] and `bias`.
  public static let pyTorch = LayerConvention("pytorch", ".")

  private init(_ name: String, _ separator: String, _ elementSeparator: String? = nil) {
    self.name = name
    self.separator = separator
    self.elementSeparator = elementSeparator
  }

  /// The convention of a dialect where none is named: Keras's for TensorFlow, NNX's for JAX.
  public init(for dialect: Dialect) {
    self =
      switch dialect {
      case .flaxLinen: .flaxLinen
      case .pyTorch: .pyTorch
      case _ where dialect.framework == .jax: .flaxNNX
      default: .keras
      }
  }

  /// The text for people.
  public var description: String { name }
}
