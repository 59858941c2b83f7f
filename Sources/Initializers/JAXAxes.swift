internal import VariableGraph

/// One axis or a list of axes, as `in_axis`, `out_axis` and `batch_axis` of JAX's initializers are.
public enum JAXAxes: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// One axis; from the end when negative.
  case one(Int)
  /// The axes together; none of them is a size of 1.
  case many([Int])

  /// One axis.
  public init(integerLiteral value: Int) { self = .one(value) }
  /// Several axes.
  public init(arrayLiteral elements: Int...) { self = .many(elements) }

  /// The axes as a list.
  public var list: [Int] {
    switch self {
    case .one(let axis): [axis]
    case .many(let axes): axes
    }
  }

  /// As a config object has it: a number or a list.
  var json: JSONValue {
    switch self {
    case .one(let axis): .integer(Int64(axis))
    case .many(let axes): .array(axes.map { .integer(Int64($0)) })
    }
  }

  /// Reads a number or a list.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  init(_ reader: ConfigurationReader, _ name: String, default fallback: JAXAxes) throws {
    switch reader.value(name, default: fallback.json) {
    case .integer(let axis): self = .one(Int(clamping: axis))
    case .array(let values):
      self = .many(
        try values.map { value in
          guard case .integer(let axis) = value else { throw JAXAxes.error(reader, name, value) }
          return Int(clamping: axis)
        })
    case let value: throw JAXAxes.error(reader, name, value)
    }
  }

  private static func error(
    _ reader: ConfigurationReader, _ name: String, _ found: JSONValue
  ) -> InitializerError {
    InitializerError.invalidParameter(
      reader.className, name, found: found.canonicalText, needed: "an axis or a list of axes")
  }
}
