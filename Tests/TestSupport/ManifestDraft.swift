internal import Foundation
public import Nascent

/// A manifest whose every field can be changed alone.
public struct ManifestDraft: Sendable {
  /// The graph's seed.
  public var seed: Int64
  /// The graph's dialect.
  public var dialect: String
  /// The variables as the manifest has them.
  public var variables: [[String: JSONValue]]
  /// Pairs of tied names.
  public var tied: [[String]]
  /// The rules as the manifest has them.
  public var rules: [JSONValue]
  /// Other members of the manifest.
  public var others: [String: JSONValue] = [:]

  /// A manifest.
  public init(
    seed: Int64, dialect: String, variables: [[String: JSONValue]], tied: [[String]],
    rules: [JSONValue]
  ) {
    self.seed = seed
    self.dialect = dialect
    self.variables = variables
    self.tied = tied
    self.rules = rules
  }

  /// The members of the variable of that name; of a new one at the end where there is none.
  public subscript(name: String) -> [String: JSONValue] {
    get { variables.first { $0["name"] == .string(name) } ?? ["name": .string(name)] }
    set {
      if let place = variables.firstIndex(where: { $0["name"] == .string(name) }) {
        variables[place] = newValue
      } else {
        variables.append(newValue)
      }
    }
  }

  /// The manifest as JSON.
  public var json: JSONValue {
    let own: [String: JSONValue] = [
      "seed": .integer(seed), "dialect": .string(dialect),
      "variables": .array(variables.map(JSONValue.object)),
      "tied": .array(tied.map { .array($0.map(JSONValue.string)) }), "rules": .array(rules),
    ]
    return .object(own.merging(others) { own, _ in own })
  }

  /// The graph that the manifest declares, written as `text` writes it.
  public func graph(
    _ text: (JSONValue) -> String = { $0.canonicalText }
  ) throws -> VariableGraph {
    try GraphManifest(registry: .standard).graph(from: Data(text(json).utf8))
  }
}

extension JSONValue {
  /// The value with keys in falling order and in lines of their own: the other extreme of the
  /// canonical text.
  public var sprawlingText: String {
    func lines(_ parts: [String], _ opening: String, _ closing: String) -> String {
      parts.isEmpty
        ? opening + " " + closing
        : opening + "\n\t" + parts.joined(separator: " ,\r\n  ") + "\n" + closing
    }
    switch self {
    case .object(let members):
      let parts = members.sorted { $0.key > $1.key }.map {
        "\(JSONValue.string($0.key).canonicalText) :  \($0.value.sprawlingText)"
      }
      return lines(parts, "{", "}")
    case .array(let values): return lines(values.map(\.sprawlingText), "[", "]")
    default: return canonicalText
    }
  }
}
