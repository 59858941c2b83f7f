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
  /// What its value is at first, and what is known of it for all variables that share it.
  package let declared: DeclaredInitializer
  /// Whose bits are meant: the initializer's own dialect, or the graph's.
  public let dialect: Dialect
  /// Its place in the stream of Flax's keys; `nil` in other dialects, and where it takes no key.
  public let streamIndex: UInt32?
  /// Where in the graph's one stream it draws, in PyTorch's dialect and without a seed of its own.
  public let streamPlace: StreamPlace?
  /// What the manifest said about it besides, such as `kind`; and `streamPlace`, as
  /// `stream_place`.
  public let metadata: [String: JSONValue]

  /// What its value is at first.
  public var initializer: any Initializer { declared.initializer }

  /// What its value is in terms of other variables; `nil` where an initializer makes it.
  public var expression: TensorExpression? { declared.expression }

  /// True when any range of elements can be filled alone.
  public var isElementwise: Bool { initializer.isElementwise(in: dialect) }

  /// As the reference prints a variable: `Variable "kernel" shape=(3, 3) dtype=float32 …`.
  public var description: String {
    """
    Variable "\(name)" shape=\(shape.tupleDescription) dtype=\(scalarType) \
    initializer=\(declared.configuration)
    """
  }
}

/// An initializer with its configuration, which is asked for once for each variable and is made once for
/// all variables that share it.
///
/// A class, so that variables share it, and what was worked out for one of them is known for the others.
package final class DeclaredInitializer: Sendable {
  /// What the value is at first.
  package let initializer: any Initializer
  /// What it is in terms of other variables; `nil` for one that makes its values itself.
  let expression: TensorExpression?
  /// Its configuration and the canonical text of that; `nil` where one variable alone has it.
  private let shared: (configuration: InitializerConfiguration, text: [UInt8])?

  /// An initializer of one variable.
  package init(_ initializer: some Initializer) {
    self.initializer = initializer
    expression = (initializer as? ExpressionInitializer)?.expression
    shared = nil
  }

  /// An initializer that many variables may have.
  package init(sharing initializer: some Initializer) {
    self.initializer = initializer
    expression = (initializer as? ExpressionInitializer)?.expression
    let configuration = initializer.configuration
    var text: [UInt8] = []
    configuration.write(to: &text)
    shared = (configuration, text)
  }

  /// True where what was worked out for one variable may be of use for another.
  package var isShared: Bool { shared != nil }

  /// The class name and the parameters; see `Initializer`.
  package var configuration: InitializerConfiguration {
    shared?.configuration ?? initializer.configuration
  }

  /// Adds the configuration's canonical text.
  func writeConfiguration(to text: inout [UInt8]) {
    if let shared {
      text.append(contentsOf: shared.text)
    } else {
      initializer.configuration.write(to: &text)
    }
  }
}
