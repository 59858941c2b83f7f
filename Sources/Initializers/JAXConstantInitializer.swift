internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with a number, or with nested lists of numbers that are spread over its shape as
/// NumPy spreads them: a missing leading axis, or one of size 1, repeats.
///
/// A number is rounded to the dtype once (bfloat16 by way of float32).
///
/// - Determinism: draws nothing.
/// - Source: `jax.nn.initializers.constant`, `zeros` and `ones`.
public struct JAXConstantInitializer: Initializer {
  /// The value as JSON: a number, true or false, or nested lists of equal lengths.
  public let value: JSONValue
  private let function: String
  private let sizes: [Int]
  private let leaves: [Double]

  /// One value for all elements.
  public init(_ value: Double) {
    self.init(function: "constant", value: value)
  }

  init(function: String, value: Double) {
    self.function = function
    self.value = .double(value)
    sizes = []
    leaves = [value]
  }

  /// A number or nested lists.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` when the lists are uneven, or a value is not a
  ///   number that a double holds.
  public init(json value: JSONValue) throws {
    var sizes: [Int] = []
    var level = value
    while case .array(let items) = level {
      sizes.append(items.count)
      level = items.first ?? 0
    }
    var leaves: [Double] = []
    guard JAXConstantInitializer.collect(value, sizes[...], &leaves) else {
      throw InitializerError.invalidParameter(
        JAXFunction.name("constant"), "value", found: value.canonicalText,
        needed: "a number, or lists of equal lengths of numbers")
    }
    self.function = "constant"
    self.value = sizes.isEmpty ? .double(leaves.first ?? 0) : value
    self.sizes = sizes
    self.leaves = leaves
  }

  /// The function and its keyword arguments.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: JAXFunction.name(function), config: function == "constant" ? ["value": value] : [:]
    )
  }

  /// JAX's.
  public var dialect: Dialect? { .jax }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let fits =
      sizes.count <= shape.rank
      && zip(sizes.reversed(), shape.dimensions.reversed()).allSatisfy { $0 == 1 || $0 == $1 }
    guard fits else {
      throw InitializerError.unsuitableRank(
        JAXFunction.name(function), shape: shape,
        needed: "sizes that lists of sizes \(sizes) can be spread over")
    }
    for leaf in leaves where pattern(leaf, scalarType) == nil {
      throw InitializerError.valueNotRepresentable(
        JAXFunction.name(function), value: "\(leaf)", scalarType: scalarType)
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let patterns = leaves.compactMap { pattern($0, target.scalarType) }
    guard let first = patterns.first else { return }
    for (place, index) in range.enumerated() {
      let pattern = sizes.isEmpty ? first : patterns[leaf(of: index, in: target.shape.dimensions)]
      ScalarCoding.store(bitPattern: pattern, in: &span, at: place, as: target.scalarType)
    }
  }

  /// The number of the leaf that an element repeats.
  private func leaf(of index: Int, in shape: [Int]) -> Int {
    var (rest, leaf, stride) = (index, 0, 1)
    for (size, dimension) in zip(sizes.reversed(), shape.reversed()) {
      if size > 1 { leaf += rest % dimension * stride }
      stride *= size
      rest /= dimension
    }
    return leaf
  }

  private func pattern(_ value: Double, _ type: ScalarType) -> UInt64? {
    ScalarCoding.bitPattern(of: type.floatingFormat?.literal(value) ?? value, as: type)
  }

  /// Appends the numbers of `value` where it has the sizes; false where it has not.
  private static func collect(
    _ value: JSONValue, _ sizes: ArraySlice<Int>, _ leaves: inout [Double]
  ) -> Bool {
    if let size = sizes.first {
      guard case .array(let items) = value, items.count == size else { return false }
      for item in items {
        guard collect(item, sizes.dropFirst(), &leaves) else { return false }
      }
      return true
    }
    switch value {
    case .bool(let flag): leaves.append(flag ? 1 : 0)
    case .double(let number): leaves.append(number)
    case .integer(let number):
      guard let exact = Double(exactly: number) else { return false }
      leaves.append(exact)
    default: return false
    }
    return true
  }
}

extension Initializer where Self == JAXConstantInitializer {
  /// All elements `value`, rounded as JAX rounds it.
  public static func jaxConstant(_ value: Double) -> Self { .init(value) }
  /// All elements 0, of a variable in JAX's dialect.
  public static var jaxZeros: Self { .init(function: "zeros", value: 0) }
  /// All elements 1, of a variable in JAX's dialect.
  public static var jaxOnes: Self { .init(function: "ones", value: 1) }
}
