internal import Tensors

extension TensorExpression {
  /// `"w"` for a variable, `{"constant": 0.5, "dtype": "float32"}`, or
  /// `{"op": "scale", "of": ["w"], "by": 0.5}`.
  public var json: JSONValue {
    switch node {
    case .variable(let name): return .string(name)
    case .constant(let constant):
      return ["constant": constant.json, "dtype": .string(constant.scalarType.rawValue)]
    case .operation(let operation, let operands):
      var members = operation.arguments
      members["op"] = .string(operation.name)
      members["of"] = .array(operands.map(\.json))
      return .object(members)
    }
  }

  /// Reads what `json` writes. Where there is one operand, `of` may be that operand alone; the dtype of
  /// a constant is float32 unless said otherwise.
  ///
  /// - Throws: `ExpressionError`.
  public init(json: JSONValue) throws {
    switch json {
    case .string(let name): self.init(.variable(name))
    case .object(var members):
      if let value = members.removeValue(forKey: "constant") {
        self = try Self.constant(value, &members)
        guard members.isEmpty else { throw Self.malformed(json) }
      } else if case .string(let name)? = members.removeValue(forKey: "op") {
        let operands = try Self.operands(members.removeValue(forKey: "of"), of: name)
        if let operation = try ExpressionOperation.named(name, members) {
          self.init(.operation(operation, operands))
        } else {
          guard operands.count == 1 else {
            throw ExpressionError.wrongOperandCount(name, found: operands.count, needed: "1")
          }
          self = operands[0]
        }
      } else {
        throw Self.malformed(json)
      }
    default: throw Self.malformed(json)
    }
  }

  private static func operands(_ json: JSONValue?, of operation: String) throws
    -> [TensorExpression]
  {
    switch json {
    case .array(let values)?: return try values.map { try TensorExpression(json: $0) }
    case let value?: return [try TensorExpression(json: value)]
    case nil:
      throw ExpressionError.malformed(
        "nothing as of of the operation \(operation)", needed: "a list of operands")
    }
  }

  private static func constant(
    _ value: JSONValue, _ members: inout [String: JSONValue]
  ) throws -> TensorExpression {
    guard case .string(let name) = members.removeValue(forKey: "dtype") ?? "float32",
      let type = ScalarType(rawValue: name)
    else { throw ExpressionError.malformed("the dtype of a constant", needed: "a dtype") }
    return try .constant(value, as: type)
  }

  private static func malformed(_ json: JSONValue) -> ExpressionError {
    ExpressionError.malformed(json.canonicalText, needed: "an expression")
  }
}
