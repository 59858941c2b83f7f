internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a variable with one value, or with a list of values in row-major order.
///
/// A list of one number fills every shape, as it does in TensorFlow; nested lists are read in order,
/// whatever their own shape.
///
/// - Determinism: draws nothing.
/// - Source: `tf.constant_initializer`.
public struct ConstantInitializer: Initializer {
  /// The value as JSON: a number, true or false, "NaN", "Infinity" or "-Infinity", or (nested) lists
  /// of them.
  public let value: JSONValue
  private let className: String

  /// One value for all elements.
  public init(_ value: Double = 0) {
    self.init(className: "Constant", value: .double(value))
  }

  /// One value, or as many as the variable has elements.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` when a value is not a number or a boolean.
  public init(json value: JSONValue) throws {
    let value = value.normalized
    guard value.leaves.allSatisfy({ $0.scalar != nil }) else {
      throw InitializerError.invalidParameter(
        "Constant", "value", found: value.canonicalText, needed: "numbers")
    }
    self.init(className: "Constant", value: value.normalized)
  }

  init(className: String, value: JSONValue) {
    self.className = className
    self.value = value
  }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: className, config: className == "Constant" ? ["value": value] : [:])
  }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let leaves = value.leaves
    if case .array(let items) = value, leaves.count != shape.elementCount,
      items.count != 1 || items[0].scalar == nil
    {
      throw InitializerError.wrongValueCount(className, shape: shape, found: leaves.count)
    }
    for leaf in leaves where leaf.pattern(as: scalarType, in: dialect) == nil {
      throw InitializerError.valueNotRepresentable(
        className, value: leaf.canonicalText, scalarType: scalarType)
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let patterns = value.leaves.compactMap {
      $0.pattern(as: target.scalarType, in: target.dialect)
    }
    guard let first = patterns.first else { return }
    for place in 0..<range.count {
      let pattern = patterns.count == 1 ? first : patterns[range.lowerBound + place]
      ScalarCoding.store(bitPattern: pattern, in: &span, at: place, as: target.scalarType)
    }
  }
}

extension Initializer where Self == ConstantInitializer {
  /// All elements 0; false for `bool`.
  public static var zeros: Self { .init(className: "Zeros", value: .integer(0)) }
  /// All elements 1; true for `bool`.
  public static var ones: Self { .init(className: "Ones", value: .integer(1)) }
  /// All elements `value`.
  public static func constant(_ value: Double) -> Self { .init(value) }
}

extension JSONValue {
  /// The values inside nested lists, in order.
  fileprivate var leaves: [JSONValue] {
    if case .array(let values) = self { return values.flatMap(\.leaves) }
    return [self]
  }

  /// Integers that a double holds as doubles, so that 1 and 1.0 are one configuration.
  fileprivate var normalized: JSONValue {
    switch self {
    case .array(let values): .array(values.map(\.normalized))
    case .integer(let value): Double(exactly: value).map(JSONValue.double) ?? self
    case .string(let name): JSONValue.nonFinite[name].map(JSONValue.double) ?? self
    default: self
    }
  }

  /// Numbers that JSON does not have, by the names that stand for them.
  private static let nonFinite: [String: Double] = [
    "NaN": .nan, "Infinity": .infinity, "-Infinity": -.infinity,
  ]

  fileprivate var scalar: Double? {
    if case .bool(let flag) = self { return flag ? 1 : 0 }
    return number
  }

  /// The bits of the value in a dtype; `nil` where it has none.
  fileprivate func pattern(as type: ScalarType, in dialect: Dialect) -> UInt64? {
    // 64-bit integers do not pass through a double, which would round them.
    switch (self, type) {
    case (.integer(let value), .int64): UInt64(bitPattern: value)
    case (.integer(let value), .uint64): UInt64(exactly: value)
    default:
      scalar.flatMap { value in
        let isJAX = dialect.framework == .jax
        let rounded = type.floatingFormat.map {
          // Keras on JAX multiplies the number by a tensor of ones.
          isJAX ? $0.product($0.literal(value), 1) : $0.parameter(value)
        }
        return ScalarCoding.bitPattern(of: rounded ?? value, as: type)
      }
    }
  }
}
