public import Tensors

/// A variable that is declared and cannot have a value yet: the size of an axis is missing, or that of
/// an axis of a variable that it reads.
///
/// States and transitions:
/// 1. *unbound*: some sizes are missing; `bind` gives them, each once;
/// 2. *bound*: a `Variable` of the graph, at the place where it was declared.
public struct UnboundVariable: Sendable, CustomStringConvertible {
  /// The full name, scopes included.
  public let name: String
  /// The sizes as far as they are known; `nil` for an expression, whose shape follows from others.
  public internal(set) var shape: PartialShape?
  /// The type of the elements; `nil` for an expression, whose dtype follows from others.
  public let scalarType: ScalarType?
  /// What its value is at first.
  public let initializer: any Initializer
  /// The unbound variables that it reads.
  public internal(set) var waitsFor: [String]
  /// What the manifest said about it besides.
  public let metadata: [String: JSONValue]
  let streamIndex: UInt32?
  /// Its place among all declarations.
  let ordinal: Int

  /// What it is in terms of other variables; `nil` where an initializer makes it.
  public var expression: TensorExpression? { (initializer as? ExpressionInitializer)?.expression }

  /// What is missing, in words: `axis 0 of its shape [?, 128] is not bound`.
  public var missing: String {
    guard let shape else {
      return "it reads \(GraphLint.list(waitsFor)), which is not bound"
    }
    let axes = shape.unknownAxes
    return axes.count == 1
      ? "axis \(axes[0]) of its shape \(shape) is not bound"
      : "axes \(axes.map(String.init).joined(separator: ", ")) of its shape \(shape) are not bound"
  }

  /// As a variable is printed, with `?` for what is not known.
  public var description: String {
    """
    Unbound variable "\(name)" shape=\(shape?.description ?? "?") \
    dtype=\(scalarType?.rawValue ?? "?") initializer=\(initializer.configuration)
    """
  }
}
