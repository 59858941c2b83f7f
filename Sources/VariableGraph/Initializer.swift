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

  /// True when any range of elements can be filled alone. The runtime then fills chunks in parallel;
  /// otherwise it calls `fill` once with all elements. True unless said otherwise.
  var isElementwise: Bool { get }

  /// Refuses a shape or dtype that the initializer cannot fill, when the variable is declared.
  ///
  /// - Throws: `InitializerError`, whose message continues the sentence "Cannot declare …:".
  func validate(_ shape: Shape, _ scalarType: ScalarType) throws

  /// Writes elements `range` of `target`, row-major and little-endian, to all of `span`.
  ///
  /// - Parameter span: Exactly `range.count` elements.
  func fill(_ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget) throws
}

extension Initializer {
  /// Raised when the same configuration begins to write other bytes.
  public var version: Int { 1 }
  /// Where the random numbers come from.
  public var seeding: Seeding { .none }
  /// Whether any range can be filled alone; see `Initializer`.
  public var isElementwise: Bool { true }
  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType) throws {}
}

/// Where an initializer's random numbers come from.
public enum Seeding: Sendable, Hashable {
  /// It draws none.
  case none
  /// Its own seed, which means what it means in the framework.
  case own(Int64)
  /// The graph's seed and the variable's name.
  case graph
}

/// What is being filled.
public struct FillTarget: Sendable {
  /// The variable's name, for messages.
  public let name: String
  /// The shape of the whole variable.
  public let shape: Shape
  /// The type of its elements.
  public let scalarType: ScalarType
  /// The random numbers to draw, from the initializer's own seed or the graph's.
  public let seed: SeedPair

  /// Describes a variable to fill.
  public init(name: String, shape: Shape, scalarType: ScalarType, seed: SeedPair) {
    self.name = name
    self.shape = shape
    self.scalarType = scalarType
    self.seed = seed
  }
}
