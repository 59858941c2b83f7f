public import Foundation
internal import Tensors
public import VariableGraph

/// Reads and writes graphs as JSON manifests.
public struct GraphManifest: Sendable {
  /// The name of the format.
  public static let format = "nascent.graph/1"

  let registry: InitializerRegistry

  /// Reads and writes with these initializers.
  public init(registry: InitializerRegistry) {
    self.registry = registry
  }

  /// Reads a manifest.
  ///
  /// - Parameter data: JSON in UTF-8; `Docs/Interchange.md` and the README have the form.
  /// - Parameter rules: Go before the manifest's own.
  /// - Parameter seed: Stands in place of the manifest's.
  /// - Parameter dialect: Stands in place of the manifest's.
  /// - Parameter bindings: Shapes of variables that the manifest declares with null for a size.
  ///   Each is bound as it is declared, as if the manifest had the sizes.
  /// - Throws: `ManifestError`, `GraphError`, `InitializerError`. Variables that no rule matches are
  ///   all named in one error.
  public func graph(
    from data: Data, rules: [InitializerRule] = [], seed: Int64? = nil, dialect: Dialect? = nil,
    bindings: [(name: String, shape: [Int])] = []
  ) throws -> VariableGraph {
    let document = try Self.reading { try ManifestDocument(parsing: data) }
    let root = try Self.object(document.root, "the manifest")
    if let format = root["format"], format != .null {
      guard case .string(let found) = format else {
        throw ManifestError.malformed("format", found: format.canonicalText, needed: "a name")
      }
      guard found == Self.format else { throw ManifestError.unknownFormat(found) }
    }
    let ownRules = try self.rules(in: root)
    var graph = VariableGraph(
      seed: try seed ?? Self.integer(root["seed"], "seed") ?? 0,
      dialect: try dialect ?? Self.dialect(root["dialect"]), rules: rules + ownRules)
    var waiting = bindings
    guard document.variables != nil else {
      throw ManifestError.malformed(
        "variables", found: root["variables"]?.canonicalText ?? "nothing", needed: "a list")
    }
    try declare(document, in: &graph, binding: &waiting)
    for binding in waiting { try graph.bind(binding.name, shape: binding.shape) }
    try tie(Self.array(root["tied"] ?? [], "tied"), in: &graph)
    return graph
  }

  /// Reads a list of rules: a file with the list under `rules`, or the list itself.
  public func rules(from data: Data) throws -> [InitializerRule] {
    let root = try Self.parse(data)
    if case .array = root { return try rules(in: ["rules": root]) }
    return try rules(in: Self.object(root, "the rules"))
  }

  /// Pairs may come in any order: an alias of an alias waits for the first.
  private func tie(_ values: [JSONValue], in graph: inout VariableGraph) throws {
    let pairs = try values.map { value -> [String] in
      guard case .array(let names) = value, names.count == 2, case .string(let name) = names[0],
        case .string(let target) = names[1]
      else {
        throw ManifestError.malformed(
          "a pair of tied names", found: value.canonicalText, needed: "a list of two names")
      }
      return [name, target]
    }
    var waiting: NameTable<[Int]> = [:]
    for place in pairs.indices { waiting[pairs[place][1], default: []].append(place) }
    var ready = waiting.keys.filter { graph.declares($0.text) }
      .flatMap { waiting.removeValue(forKey: $0) ?? [] }
    while !ready.isEmpty {
      var next: [Int] = []
      for place in ready.sorted() {
        try graph.tie(pairs[place][0], to: pairs[place][1])
        next += waiting.removeValue(forKey: NameKey(pairs[place][0])) ?? []
      }
      ready = next
    }
    guard waiting.isEmpty else {
      throw ManifestError.unresolvedAlias(waiting.values.joined().sorted().map { pairs[$0] })
    }
  }

  private func rules(in root: [String: JSONValue]) throws -> [InitializerRule] {
    try Self.array(root["rules"] ?? [], "rules").map { value in
      guard case .object(let members) = value, case .string(let match)? = members["match"],
        let initializer = members["initializer"]
      else {
        throw ManifestError.malformed(
          "a rule", found: value.canonicalText,
          needed: "an object with match and initializer")
      }
      return InitializerRule(GlobPattern(match), try registry.initializer(initializer))
    }
  }

  private static func parse(_ data: Data) throws -> JSONValue {
    try reading { try JSONValue(parsing: data) }
  }

  private static func reading<Value>(_ read: () throws -> Value) throws -> Value {
    do {
      return try read()
    } catch let error as JSONError {
      throw ManifestError.notJSON(error.message)
    }
  }

  static func object(
    _ value: JSONValue, _ place: @autoclosure () -> String
  ) throws -> [String: JSONValue] {
    guard case .object(let members) = value else {
      throw ManifestError.malformed(place(), found: value.canonicalText, needed: "an object")
    }
    return members
  }

  static func array(
    _ value: JSONValue?, _ place: @autoclosure () -> String
  ) throws -> [JSONValue] {
    guard case .array(let values)? = value else {
      throw ManifestError.malformed(
        place(), found: value?.canonicalText ?? "nothing", needed: "a list")
    }
    return values
  }

  static func integer(_ value: JSONValue?, _ place: @autoclosure () -> String) throws -> Int64? {
    switch value {
    case nil, .null?: return nil
    case .integer(let number)?: return number
    case let value?:
      throw ManifestError.malformed(
        place(), found: value.canonicalText, needed: "a 64-bit integer")
    }
  }

  private static func dialect(_ value: JSONValue?) throws -> Dialect {
    switch value {
    case nil, .null?: return .tensorFlow
    case .string(let name)?: return try Dialect(named: name)
    case let value?:
      throw ManifestError.malformed("dialect", found: value.canonicalText, needed: "a name")
    }
  }

  static func scalarType(_ value: JSONValue?, of name: String) throws -> ScalarType {
    switch value {
    case nil, .null?: return .float32
    case .string(let text)? where ScalarType(rawValue: text) != nil:
      return ScalarType(rawValue: text) ?? .float32
    case let value?:
      throw ManifestError.malformed(
        "the dtype of \"\(name.shown)\"", found: value.canonicalText,
        needed: "one of \(ScalarType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }
}
