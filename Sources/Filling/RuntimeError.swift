internal import TensorMemory
package import Tensors
package import VariableGraph

/// Why a runtime cannot make a value.
public struct RuntimeError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// A range reaches outside a variable.
    public static let rangeOutOfBounds = Code(name: "rangeOutOfBounds")
    /// A value has another shape or dtype than its variable.
    public static let unsuitableValue = Code(name: "unsuitableValue")
    /// The runtime has no store, and none was given.
    public static let noStore = Code(name: "noStore")
    /// A checkpoint does not fit the graph.
    public static let unsuitableCheckpoint = Code(name: "unsuitableCheckpoint")
    /// The initializer failed while it filled the variable.
    public static let fillFailed = Code(name: "fillFailed")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The error behind it, where there is one.
  public let cause: (any Error)?
  /// The text for people.
  public var description: String { message }

  package static func rangeOutOfBounds(_ variable: Variable, _ range: Range<Int>) -> RuntimeError {
    RuntimeError(
      code: .rangeOutOfBounds,
      message: """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside variable \
        "\(variable.name)" of \(variable.shape.elementCount) elements.
        Ask for a range inside 0..<\(variable.shape.elementCount).
        """, cause: nil)
  }

  package static func unsuitableValue(_ variable: Variable, _ value: Tensor) -> RuntimeError {
    RuntimeError(
      code: .unsuitableValue,
      message: """
        Cannot assign a \(value.scalarType) tensor of shape \(value.shape) to variable \
        "\(variable.name)", which is \(variable.scalarType) \(variable.shape).
        Give a value of the declared shape and dtype; nothing is cast.
        """, cause: nil)
  }

  /// There is nothing to restore from.
  package static func noStore() -> RuntimeError {
    RuntimeError(
      code: .noStore,
      message: """
        Cannot restore a step: the runtime has no store.
        Make the runtime with a store, or say which store to restore from.
        """, cause: nil)
  }

  /// A checkpoint that should go on does not have every variable as it is declared.
  package static func unsuitableCheckpoint(_ name: String, _ report: String) -> RuntimeError {
    RuntimeError(
      code: .unsuitableCheckpoint,
      message: """
        Checkpoint "\(name)" does not fit the graph, so nothing was restored: \(report)
        Go on with the graph that saved it, or restore(from:checkpoint:configuration:) into another.
        """, cause: nil)
  }

  /// A failure of filling, by the name of the variable; a cancellation and a lack of memory stay such.
  package static func fillFailed(_ variable: Variable, _ cause: any Error) -> any Error {
    if cause is CancellationError || cause is TensorMemoryError { return cause }
    return RuntimeError(
      code: .fillFailed, message: "Cannot fill variable \"\(variable.name)\": \(cause)",
      cause: cause)
  }
}
