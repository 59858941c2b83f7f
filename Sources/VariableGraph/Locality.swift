/// What one element of a value depends on, besides the declaration and the seed.
public enum Locality: String, Sendable, Hashable, CaseIterable {
  /// The element's own place only: any range can be made alone, at a cost of its own length.
  case element
  /// The elements of one row (the values of one unit): any range can be made alone, at the cost of
  /// the rows that it touches.
  case row
  /// The whole tensor, which is made at once.
  case tensor
  /// Values of other variables, which must be made before.
  case otherVariables = "other variables"

  /// For people: `each element alone`.
  public var sentence: String {
    switch self {
    case .element: "each element alone"
    case .row: "each row alone"
    case .tensor: "the whole tensor at once"
    case .otherVariables: "from other variables"
    }
  }
}
