/// Why memory for a tensor could not be had or used.
public struct TensorMemoryError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The system refused an allocation.
    public static let outOfMemory = Code(name: "outOfMemory")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func outOfMemory(byteCount: Int) -> TensorMemoryError {
    TensorMemoryError(
      code: .outOfMemory,
      message: """
        Cannot allocate \(byteCount) bytes for a tensor: the system has no memory left.
        Ask for a slice, or materialize into a store with a smaller memory bound.
        """)
  }
}
