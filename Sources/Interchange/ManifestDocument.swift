internal import Foundation
internal import Tensors
internal import VariableGraph

/// A manifest as its JSON says it. The variables, which are most of it, are read as what most of them
/// are: a name, a shape, a dtype and an initializer that many have.
struct ManifestDocument {
  /// All but the variables, where these are a list.
  let root: JSONValue
  /// What stands in the list of variables; `nil` where there is none.
  let variables: [Entry]?
  /// The initializers by the numbers that variables have: a text that is repeated is one of them.
  let initializers: [JSONValue]

  /// What stands in the list of variables.
  enum Entry {
    case variable(Declared)
    case other(JSONValue)
  }

  /// An object in the list of variables.
  struct Declared {
    var name: String?
    var shape: [Int]?
    var scalarType: ScalarType?
    /// The place of its initializer in `initializers`.
    var initializer: Int?
    /// All other members, and those above in any other form.
    var members: [String: JSONValue] = [:]
  }

  /// Reads a manifest.
  ///
  /// - Throws: `JSONError`.
  init(parsing data: Data) throws {
    var reader = Reader(JSONParser(Array(data)))
    root = try reader.document()
    variables = reader.variables
    initializers = reader.initializers
  }

  /// The object as JSON.
  func json(_ declared: Declared) -> JSONValue {
    var members = declared.members
    members["name"] = declared.name.map { .string($0) } ?? members["name"]
    members["shape"] =
      declared.shape.map { .array($0.map { .integer(Int64($0)) }) } ?? members["shape"]
    members["dtype"] = declared.scalarType.map { .string($0.rawValue) } ?? members["dtype"]
    members["initializer"] =
      declared.initializer.map { initializers[$0] } ?? members["initializer"]
    return .object(members)
  }
}

/// Reads a manifest from its first byte to its last.
private struct Reader {
  private var parser: JSONParser
  private(set) var variables: [ManifestDocument.Entry]?
  private(set) var initializers: [JSONValue] = []
  private var initializerTexts = RepeatedTexts()
  private var shapes: [[Int]] = []
  private var shapeTexts = RepeatedTexts()
  private var scalarTypes: [ScalarType] = []
  private var scalarTypeTexts = RepeatedTexts()

  init(_ parser: JSONParser) { self.parser = parser }

  mutating func document() throws -> JSONValue {
    parser.skipByteOrderMark()
    guard parser.isAtObject() else {
      let value = try parser.value()
      try parser.end()
      return value
    }
    var root: [String: JSONValue] = [:]
    var parser = parser
    try parser.forEachMember { parser, key in
      var isNew = true
      if key == "variables", parser.isAtList() {
        isNew = variables == nil
        let entries = try entries(&parser)
        if isNew { variables = entries }
      } else {
        let value = try parser.value()
        isNew = root.updateValue(value, forKey: key) == nil
      }
      guard isNew, variables == nil || root["variables"] == nil else { throw parser.repeated(key) }
    }
    try parser.end()
    return .object(root)
  }

  private mutating func entries(_ parser: inout JSONParser) throws -> [ManifestDocument.Entry] {
    var entries: [ManifestDocument.Entry] = []
    try parser.forEachElement { parser in
      entries.append(
        parser.isAtObject() ? .variable(try declared(&parser)) : .other(try parser.value()))
    }
    return entries
  }

  private mutating func declared(
    _ parser: inout JSONParser
  ) throws -> ManifestDocument.Declared {
    var declared = ManifestDocument.Declared()
    try parser.forEachMember { parser, key in
      var isNew = declared.members.isEmpty || declared.members[key] == nil
      switch key {
      case "name":
        isNew = isNew && declared.name == nil
        let value = try parser.value()
        if case .string(let name) = value {
          declared.name = name
        } else {
          declared.members[key] = value
        }
      case "shape":
        isNew = isNew && declared.shape == nil
        let number = try parser.number(in: &shapeTexts) { parser in
          guard let sizes = parser.integers() else { return nil }
          shapes.append(sizes)
          return shapes.count - 1
        }
        if let number {
          declared.shape = shapes[number]
        } else {
          declared.members[key] = try parser.value()
        }
      case "dtype":
        isNew = isNew && declared.scalarType == nil
        let number = try parser.number(in: &scalarTypeTexts) { parser in
          let value = try parser.value()
          guard case .string(let name) = value, let type = ScalarType(rawValue: name) else {
            declared.members[key] = value
            return nil
          }
          scalarTypes.append(type)
          return scalarTypes.count - 1
        }
        declared.scalarType = number.map { scalarTypes[$0] }
      case "initializer":
        isNew = isNew && declared.initializer == nil
        declared.initializer = try parser.number(in: &initializerTexts) { parser in
          initializers.append(try parser.value())
          return initializers.count - 1
        }
      default: declared.members[key] = try parser.value()
      }
      guard isNew else { throw parser.repeated(key) }
    }
    return declared
  }
}
