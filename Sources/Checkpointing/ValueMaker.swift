public import VariableGraph

/// Makes values again from what was declared. The layer above gives it: it knows initializers.
public protocol ValueMaker: Sendable {
  /// What makes the elements of a variable.
  ///
  /// - Throws: What keeps the value from being made.
  func elements(of variable: String) async throws -> RemadeElements
}

/// What makes the elements of one variable again.
public struct RemadeElements: Sendable {
  /// False where they are made all at once.
  public let isElementwise: Bool
  /// Writes any range of elements where `isElementwise`, else all.
  public let source: any ElementSource

  /// A source of elements.
  public init(isElementwise: Bool, source: any ElementSource) {
    self.isElementwise = isElementwise
    self.source = source
  }
}
