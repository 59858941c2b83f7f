internal import RandomSampling
public import Tensors
public import VariableGraph

/// An initializer that draws nothing: each element is a function of its place.
///
/// The function is made once for a fill, so that what all elements share is worked out before them.
/// Values are rounded to the dtype once, from double.
public protocol TableInitializer: Initializer {
  /// Refuses shapes that do not fit, in constant time.
  ///
  /// - Throws: `InitializerError`.
  func check(_ shape: Shape) throws

  /// The value of each element, by its number in row-major order.
  func elements(of shape: Shape) throws -> (Int) -> Double

  /// What the table is, for people.
  func describe(_ shape: Shape, in explanation: inout InitializerExplanation)
}

extension TableInitializer {
  /// Accepts every shape unless said otherwise.
  public func check(_ shape: Shape) throws {}

  /// Says no more than that it is a table, unless said otherwise.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {}

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: configuration.className)
    try check(shape)
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let value = try elements(of: target.shape)
    for (place, index) in range.enumerated() {
      guard
        ScalarCoding.store(value(index), in: &span, at: place, as: target.scalarType)
      else {
        throw InitializerError.valueNotRepresentable(
          configuration.className, value: "\(value(index))", scalarType: target.scalarType)
      }
    }
  }

  /// What the table is.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "table"
    describe(shape, in: &explanation)
    return explanation
  }
}
