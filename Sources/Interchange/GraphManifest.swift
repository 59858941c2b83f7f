public import Foundation
internal import Tensors
public import VariableGraph

/// Reads and writes graphs as JSON manifests.
public struct GraphManifest: Sendable {
  /// The name of the format.
  public static let format = "nascent.graph/1"

  private let registry: InitializerRegistry

  /// Reads and writes with these initializers.
  public init(registry: InitializerRegistry) {
    self.registry = registry
  }

  /// Reads a manifest.
  ///
  /// - Parameter rules: Go before the manifest's own.
  /// - Parameter seed: Stands in place of the manifest's.
  /// - Parameter dialect: Stands in place of the manifest's.
  /// - Throws: `ManifestError`, `GraphError`, `InitializerError`. Variables that no rule matches are
  ///   all named in one error.
  public func graph(
    from data: Data, rules: [InitializerRule] = [], seed: Int64? = nil, dialect: Dialect? = nil
  ) throws -> VariableGraph {
    let root = try Self.object(Self.parse(data), "the manifest")
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
    try declare(Self.array(root["variables"], "variables"), in: &graph)
    try tie(Self.array(root["tied"] ?? [], "tied"), in: &graph)
    return graph
  }

  /// Reads a list of rules: a file with the list under `rules`, or the list itself.
  public func rules(from data: Data) throws -> [InitializerRule] {
    let root = try Self.parse(data)
    if case .array = root { return try rules(in: ["rules": root]) }
    return try rules(in: Self.object(root, "the rules"))
  }

  /// Writes a manifest that reads back as an equal graph.
  public func data(from graph: VariableGraph) -> Data {
    var lines = ["{\"format\": \"\(Self.format)\", \"seed\": \(graph.seed),"]
    lines.append(" \"dialect\": \"\(graph.dialect)\", \"variables\": [")
    lines.append(
      graph.variables.map { variable in
        var members = variable.metadata
        members["name"] = .string(variable.name)
        members["shape"] = .array(variable.shape.dimensions.map { .integer(Int64($0)) })
        members["dtype"] = .string(variable.scalarType.rawValue)
        members["initializer"] = variable.initializer.configuration.json
        return "  " + JSONValue.object(members).canonicalText
      }.joined(separator: ",\n"))
    let tied = graph.aliases.map { JSONValue.array([.string($0.name), .string($0.target)]) }
    lines.append(" ], \"tied\": \(JSONValue.array(tied).canonicalText)}\n")
    return Data(lines.joined(separator: "\n").utf8)
  }

  private func declare(_ values: [JSONValue], in graph: inout VariableGraph) throws {
    graph.reserveCapacity(values.count)
    var missing: [String] = []
    for (index, value) in values.enumerated() {
      var members = try Self.object(value, "variable \(index)")
      guard case .string(let name)? = members.removeValue(forKey: "name") else {
        throw ManifestError.malformed(
          "variable \(index)", found: value.canonicalText, needed: "an object with a name")
      }
      let place = "the shape of \"\(name.prefix(200))\""
      let shape = try Self.array(members.removeValue(forKey: "shape"), place).map { size in
        guard let size = try Self.integer(size, place), let size = Int(exactly: size) else {
          throw ManifestError.malformed(place, found: "null", needed: "a list of integers")
        }
        return size
      }
      let type = try Self.scalarType(members.removeValue(forKey: "dtype"), of: name)
      let initializer = members.removeValue(forKey: "initializer")
      do {
        if let initializer, initializer != .null {
          try graph.declare(
            name, shape: shape, dtype: type, initializer: registry.initializer(initializer),
            metadata: members)
        } else {
          try graph.declare(name, shape: shape, dtype: type, metadata: members)
        }
      } catch let error as GraphError where error.code == .missingInitializer {
        missing.append(name)
      } catch let error as InitializerError {
        throw InitializerError(
          code: error.code,
          message: "Cannot declare variable \"\(name.prefix(200))\": \(error.message)")
      }
    }
    if !missing.isEmpty { throw GraphError.missingInitializer(missing) }
  }

  /// Pairs may come in any order: an alias of an alias waits for the first.
  private func tie(_ values: [JSONValue], in graph: inout VariableGraph) throws {
    var pairs = try values.map { value -> [String] in
      guard case .array(let names) = value, names.count == 2, case .string(let name) = names[0],
        case .string(let target) = names[1]
      else {
        throw ManifestError.malformed(
          "a pair of tied names", found: value.canonicalText, needed: "a list of two names")
      }
      return [name, target]
    }
    while !pairs.isEmpty {
      let waiting = pairs.filter { graph[$0[1]] == nil }
      guard waiting.count < pairs.count else { throw ManifestError.unresolvedAlias(waiting) }
      for pair in pairs where graph[pair[1]] != nil && !waiting.contains(pair) {
        try graph.tie(pair[0], to: pair[1])
      }
      pairs = waiting
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
    do {
      return try JSONValue(parsing: data)
    } catch let error as JSONError {
      throw ManifestError.notJSON(error.message)
    }
  }

  private static func object(_ value: JSONValue, _ place: String) throws -> [String: JSONValue] {
    guard case .object(let members) = value else {
      throw ManifestError.malformed(place, found: value.canonicalText, needed: "an object")
    }
    return members
  }

  private static func array(_ value: JSONValue?, _ place: String) throws -> [JSONValue] {
    guard case .array(let values)? = value else {
      throw ManifestError.malformed(
        place, found: value?.canonicalText ?? "nothing", needed: "a list")
    }
    return values
  }

  private static func integer(_ value: JSONValue?, _ place: String) throws -> Int64? {
    switch value {
    case nil, .null?: return nil
    case .integer(let number)?: return number
    case let value?:
      throw ManifestError.malformed(
        place, found: value.canonicalText, needed: "a 64-bit integer")
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

  private static func scalarType(_ value: JSONValue?, of name: String) throws -> ScalarType {
    switch value {
    case nil, .null?: return .float32
    case .string(let text)? where ScalarType(rawValue: text) != nil:
      return ScalarType(rawValue: text) ?? .float32
    case let value?:
      throw ManifestError.malformed(
        "the dtype of \"\(name.prefix(200))\"", found: value.canonicalText,
        needed: "one of \(ScalarType.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }
}
