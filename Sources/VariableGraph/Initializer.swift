public import RandomSampling
public import Tensors

/// A strategy that says what each element of a variable is at first, without knowing the variable's
/// shape or dtype beforehand.
///
/// Conform a type of your own and it works wherever a built-in does. An initializer is a value: two
/// calls of `fill` with the same arguments write the same bytes, on any thread and in any order.
public protocol Initializer: Sendable {
  /// The class name and the parameters, as a Keras config object has them. Together with `version`
  /// they must tell apart any two initializers that write different bytes: the fingerprint of a
  /// variable is made of them.
  var configuration: InitializerConfiguration { get }

  /// Raised when the same configuration begins to write other bytes. 1 unless said otherwise.
  var version: Int { get }

  /// Where the random numbers come from. `.none` unless said otherwise.
  var seeding: Seeding { get }

  /// The dialect that the initializer implies, as a function of PyTorch's or JAX's does; `nil`, the
  /// default, for one that means in each dialect what that dialect means.
  var dialect: Dialect? { get }

  /// True when any range of elements can be filled alone. The runtime then fills chunks in parallel;
  /// otherwise it calls `fill` once with all elements. True unless said otherwise.
  func isElementwise(in dialect: Dialect) -> Bool

  /// What `fill` takes from a sequential stream, PyTorch's, for a whole variable, in order; `nil`, the
  /// default, where it is not said. Without it an initializer that draws cannot be declared in
  /// PyTorch's dialect, where what one variable draws decides where the next one begins.
  func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]?

  /// What one element depends on. Unless said otherwise `.element` where `isElementwise` is true, and
  /// `.tensor` where it is false.
  func locality(in dialect: Dialect) -> Locality

  /// How the initializer comes to its numbers for a shape, a dtype and a dialect. Unless said
  /// otherwise it says nothing.
  func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation

  /// What the values are for a shape, a dtype and a dialect: whoever makes them compares them with it.
  /// Unless said otherwise what the explanation promises, which is nothing unless said otherwise.
  func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution?

  /// The SHA-256 of the value, where the declaration itself says it: the value came from outside and
  /// cannot be made again. `nil` unless said otherwise.
  var declaredDigest: Digest? { get }

  /// Refuses a shape or dtype that the initializer cannot fill, when the variable is declared.
  ///
  /// - Throws: `InitializerError`, whose message continues the sentence "Cannot declare …:".
  func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws

  /// Writes elements `range` of `target`, row-major and little-endian, to all of `span`.
  ///
  /// - Parameter span: Exactly `range.count` elements.
  /// - Parameter range: The places of the elements to write in the whole variable, row-major.
  /// - Parameter target: The whole variable, and the random numbers to draw.
  func fill(_ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget) throws
}

extension Initializer {
  /// Raised when the same configuration begins to write other bytes.
  public var version: Int { 1 }
  /// Where the random numbers come from.
  public var seeding: Seeding { .none }
  /// The dialect that the initializer implies; see `Initializer`.
  public var dialect: Dialect? { nil }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { true }
  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? { nil }
  /// What one element depends on; see `Initializer`.
  public func locality(in dialect: Dialect) -> Locality {
    isElementwise(in: dialect) ? .element : .tensor
  }
  /// The digest that the declaration says; see `Initializer`.
  public var declaredDigest: Digest? { nil }
  /// How the initializer comes to its numbers; see `Initializer`.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation { InitializerExplanation() }
  /// What the values are; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? { explanation(for: shape, scalarType, in: dialect).promise }
  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {}
}
