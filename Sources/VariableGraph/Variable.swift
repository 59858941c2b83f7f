public import Tensors

/// A declared variable: a name, a shape, a dtype and an initializer. It has no value yet.
public struct Variable: Sendable, CustomStringConvertible {
  /// The full name, scopes included.
  public let name: String
  /// The sizes of the axes.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType
  /// The number of bytes of its value. Fits by declaration.
  public let byteCount: Int
  /// What its value is at first.
  public let initializer: any Initializer
  /// Whose bits are meant: the initializer's own dialect, or the graph's.
  public let dialect: Dialect
  /// Its place in the stream of Flax's keys; `nil` in other dialects, and where it takes no key.
  public let streamIndex: UInt32?
  /// Where in the graph's one stream it draws, in PyTorch's dialect and without a seed of its own.
  public let streamPlace: StreamPlace?
  /// What the manifest said about it besides, such as `kind`; and `streamPlace`, as
  /// `stream_place`.
  public let metadata: [String: JSONValue]

  /// What its value is in terms of other variables; `nil` where an initializer makes it.
  public var expression: TensorExpression? { (initializer as? ExpressionInitializer)?.expression }

  /// True when any range of elements can be filled alone.
  public var isElementwise: Bool { initializer.isElementwise(in: dialect) }

  /// As the reference prints a variable: `Variable "kernel" shape=(3, 3) dtype=float32 …`.
  public var description: String {
    """
    Variable "\(name)" shape=\(shape.tupleDescription) dtype=\(scalarType) \
    initializer=\(initializer.configuration)
    """
  }
}
