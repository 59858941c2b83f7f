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

  /// Describes a variable to fill.
  public init(
    name: String, shape: Shape, scalarType: ScalarType, dialect: Dialect, random: RandomSource
  ) {
    self.name = name
    self.shape = shape
    self.scalarType = scalarType
    self.dialect = dialect
    self.random = random
  }
}
