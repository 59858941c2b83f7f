public import RandomSampling
public import Tensors

/// What is being filled.
public struct FillTarget: Sendable {
  /// The variable's name, for messages.
  public let name: String
  /// The shape of the whole variable.
  public let shape: Shape
  /// The type of its elements.
  public let scalarType: ScalarType
  /// Whose rules count.
  public let dialect: Dialect
  /// The random numbers to draw, from the initializer's own seed or the graph's.
  public let random: RandomSource
  /// Where the elements of an expression come from; `nil` for other initializers.
  public let source: (any ElementSource)?

  /// Describes a variable to fill.
  public init(
    name: String, shape: Shape, scalarType: ScalarType, dialect: Dialect, random: RandomSource,
    source: (any ElementSource)? = nil
  ) {
    self.name = name
    self.shape = shape
    self.scalarType = scalarType
    self.dialect = dialect
    self.random = random
    self.source = source
  }
}
