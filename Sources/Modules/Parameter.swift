public import Tensors
public import VariableGraph

/// One variable of a model, as a member of a struct.
///
///     @Parameter(shape: [768], initializer: .zeros) var scale
///
/// A shape that depends on the model is given in `init`:
///
///     @Parameter var scale: VariableReference
///     init(width: Int) { _scale = Parameter(shape: [width], initializer: .ones) }
///
/// What the property gives is a reference, with which the graph and the runtime are asked.
@propertyWrapper
public struct Parameter: Sendable {
  /// Stands for the variable.
  public let wrappedValue: VariableReference
  /// The size of each axis.
  public let shape: [Int]
  /// The type of the elements; the model's where it is `nil`.
  public let dtype: ScalarType?
  /// What its value is at first; where it is `nil`, the graph's rules say it.
  public let initializer: (any Initializer)?
  /// What else is known of it, such as `kind`.
  public let metadata: [String: JSONValue]

  /// A variable of its own.
  public init(
    shape: [Int], dtype: ScalarType? = nil, initializer: (any Initializer)? = nil,
    metadata: [String: JSONValue] = [:]
  ) {
    wrappedValue = VariableReference()
    self.shape = shape
    self.dtype = dtype
    self.initializer = initializer
    self.metadata = metadata
  }
}
