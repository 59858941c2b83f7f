internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Why a runtime cannot make a value.
public struct RuntimeError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// A range reaches outside a variable.
    public static let rangeOutOfBounds = Code(name: "rangeOutOfBounds")
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

  static func rangeOutOfBounds(_ variable: Variable, _ range: Range<Int>) -> RuntimeError {
    RuntimeError(
      code: .rangeOutOfBounds,
      message: """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside variable \
        "\(variable.name)" of \(variable.shape.elementCount) elements.
        Ask for a range inside 0..<\(variable.shape.elementCount).
        """, cause: nil)
  }

  /// A failure of filling, by the name of the variable; a cancellation and a lack of memory stay such.
  static func fillFailed(_ variable: Variable, _ cause: any Error) -> any Error {
    if cause is CancellationError || cause is TensorMemoryError { return cause }
    return RuntimeError(
      code: .fillFailed, message: "Cannot fill variable \"\(variable.name)\": \(cause)",
      cause: cause)
  }
}
