internal import Tensors

extension ExpressionOperation {
  /// The name in JSON.
  public var name: String {
    switch self {
    case .cast: "cast"
    case .scale: "scale"
    case .negate: "negate"
    case .squareRoot: "sqrt"
    case .add: "add"
    case .subtract: "subtract"
    case .multiply: "multiply"
    case .divide: "divide"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .slice: "slice"
    case .concatenate: "concatenate"
    case .stack: "stack"
    case .pad: "pad"
    case .broadcast: "broadcast"
    case .repeat: "repeat"
    case .norm: "norm"
    case .matmul: "matmul"
    case .qrQ: "qr_q"
    case .qrR: "qr_r"
    case .svdU: "svd_u"
    case .svdS: "svd_s"
    case .svdVt: "svd_vt"
    case .zerosLike: "zeros_like"
    case .onesLike: "ones_like"
    }
  }

  /// The parameters in JSON.
  var arguments: [String: JSONValue] {
    switch self {
    case .cast(let type): ["dtype": .string(type.rawValue)]
    case .scale(let factor): ["by": .double(factor)]
    case .reshape(let shape), .broadcast(let shape): ["shape": Self.list(shape)]
    case .transpose(let axes): axes.map { ["axes": Self.list($0)] } ?? [:]
    case .slice(let ranges):
      [
        "ranges": .array(
          ranges.map {
            [
              "axis": .integer(Int64($0.axis)), "from": .integer(Int64($0.lower)),
              "to": .integer(Int64($0.upper)), "step": .integer(Int64($0.step)),
            ]
          })
      ]
    case .concatenate(let axis), .stack(let axis): ["axis": .integer(Int64(axis))]
    case .pad(let paddings, let value):
      [
        "paddings": .array(
          paddings.map {
            [
              "axis": .integer(Int64($0.axis)), "before": .integer(Int64($0.before)),
              "after": .integer(Int64($0.after)),
            ]
          }), "value": .double(value),
      ]
    case .repeat(let count, let axis):
      ["count": .integer(Int64(count)), "axis": .integer(Int64(axis))]
    case .norm(let axes): ["axes": Self.list(axes)]
    default: [:]
    }
  }

  private static func list(_ numbers: [Int]) -> JSONValue {
    .array(numbers.map { .integer(Int64($0)) })
  }

  /// The operations without parameters, by name.
  private static let plain: [String: ExpressionOperation] = Dictionary(
    uniqueKeysWithValues: [
      .negate, .squareRoot, .add, .subtract, .multiply, .divide, .matmul, .qrQ, .qrR, .svdU, .svdS,
      .svdVt, .zerosLike, .onesLike,
    ].map { ($0.name, $0) })

  /// All names, in order.
  private static let names =
    (plain.keys + [
      "cast", "scale", "reshape", "broadcast", "transpose", "slice", "concatenate", "stack", "pad",
      "repeat", "norm", "copy",
    ]).sorted()

  /// Reads a name and parameters; `nil` for `copy`, which is its operand.
  ///
  /// - Throws: `ExpressionError.Code.malformed`.
  static func named(
    _ name: String, _ arguments: [String: JSONValue]
  ) throws -> ExpressionOperation? {
    var reader = ArgumentReader(operation: name, arguments: arguments)
    let operation: ExpressionOperation?
    switch name {
    case "copy": operation = nil
    case "cast": operation = .cast(try reader.scalarType("dtype"))
    case "scale": operation = .scale(try reader.number("by", default: nil))
    case "reshape": operation = .reshape(try reader.integers("shape"))
    case "broadcast": operation = .broadcast(try reader.integers("shape"))
    case "transpose":
      operation = .transpose(reader.has("axes") ? try reader.integers("axes") : nil)
    case "slice":
      operation = .slice(
        try reader.objects("ranges", ["axis", "from", "to", "step"], defaults: [0, nil, nil, 1])
          .map { AxisRange(axis: $0[0], lower: $0[1], upper: $0[2], step: $0[3]) })
    case "concatenate": operation = .concatenate(axis: try reader.integer("axis", default: 0))
    case "stack": operation = .stack(axis: try reader.integer("axis", default: 0))
    case "pad":
      operation = .pad(
        try reader.objects("paddings", ["axis", "before", "after"], defaults: [0, 0, 0])
          .map { AxisPadding(axis: $0[0], before: $0[1], after: $0[2]) },
        try reader.number("value", default: 0))
    case "repeat":
      operation = .repeat(
        count: try reader.integer("count", default: nil),
        axis: try reader.integer("axis", default: 0))
    case "norm":
      operation = .norm(
        reader.has("axis")
          ? [try reader.integer("axis", default: nil)] : try reader.integers("axes"))
    default:
      guard let found = plain[name] else {
        throw ExpressionError.unknownOperation(name, known: names)
      }
      operation = found
    }
    try reader.checkAllRead()
    return operation
  }
}

/// Reads the parameters of an operation.
private struct ArgumentReader {
  let operation: String
  let arguments: [String: JSONValue]
  private var read: Set<String> = []

  init(operation: String, arguments: [String: JSONValue]) {
    self.operation = operation
    self.arguments = arguments
  }

  mutating func has(_ name: String) -> Bool {
    read.insert(name)
    return arguments[name].map { $0 != .null } ?? false
  }

  mutating func integer(_ name: String, default fallback: Int?) throws -> Int {
    read.insert(name)
    if arguments[name] == nil, let fallback { return fallback }
    guard case .integer(let value)? = arguments[name], let number = Int(exactly: value) else {
      throw wrong(name, "an integer")
    }
    return number
  }

  mutating func number(_ name: String, default fallback: Double?) throws -> Double {
    read.insert(name)
    switch arguments[name] {
    case nil: if let fallback { return fallback }
    case .string("NaN")?: return .nan
    case .string("Infinity")?: return .infinity
    case .string("-Infinity")?: return -.infinity
    case let value?: if let number = value.number { return number }
    }
    throw wrong(name, "a number")
  }

  mutating func integers(_ name: String) throws -> [Int] {
    read.insert(name)
    guard case .array(let values)? = arguments[name] else {
      throw wrong(name, "a list of integers")
    }
    return try values.map { value in
      guard case .integer(let number) = value, let number = Int(exactly: number) else {
        throw wrong(name, "a list of integers")
      }
      return number
    }
  }

  mutating func scalarType(_ name: String) throws -> ScalarType {
    read.insert(name)
    guard case .string(let text)? = arguments[name], let type = ScalarType(rawValue: text) else {
      throw wrong(name, "one of \(ScalarType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return type
  }

  /// A list of objects, each with some integers; the places of `names` without a default are needed.
  mutating func objects(
    _ name: String, _ names: [String], defaults: [Int?]
  ) throws -> [[Int]] {
    read.insert(name)
    let needed = "a list of objects with \(names.joined(separator: ", "))"
    guard case .array(let values)? = arguments[name] else { throw wrong(name, needed) }
    return try values.map { value in
      guard case .object(let members) = value, members.keys.allSatisfy(names.contains) else {
        throw wrong(name, needed)
      }
      return try zip(names, defaults).map { member, fallback in
        if members[member] == nil, let fallback { return fallback }
        guard case .integer(let number)? = members[member], let number = Int(exactly: number) else {
          throw wrong(name, needed)
        }
        return number
      }
    }
  }

  func checkAllRead() throws {
    for name in arguments.keys.sorted() where !read.contains(name) {
      throw ExpressionError.unknownParameter(operation, name, known: read.sorted())
    }
  }

  private func wrong(_ name: String, _ needed: String) -> ExpressionError {
    ExpressionError.malformed(
      "\(arguments[name]?.canonicalText ?? "nothing") as \(name) of the operation \(operation)",
      needed: needed)
  }
}
