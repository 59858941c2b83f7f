public import Foundation
internal import Tensors
public import VariableGraph

extension GraphManifest {
  /// A manifest that declares the tensors of a model file, in their order, each by name, shape and dtype.
  ///
  /// No initializer is chosen: what a file holds does not say how it was made. Rules give them, here or
  /// when the manifest is read.
  ///
  /// - Parameter source: The file; its values are not read.
  /// - Parameter seed: The graph's seed.
  /// - Parameter dialect: Whose values the rules mean.
  /// - Parameter rules: Rules as they stand in a manifest, put into this one.
  /// - Throws: `ManifestError`, `InitializerError` where the rules are wrong.
  public func data(
    declaring source: some TensorSource, seed: Int64 = 0, dialect: Dialect = .tensorFlow,
    rules: Data? = nil
  ) throws -> Data {
    var lines = ["{\"format\": \"\(Self.format)\", \"seed\": \(seed),"]
    lines.append(" \"dialect\": \"\(dialect)\", \"variables\": [")
    lines.append(
      source.entries.map { entry in
        "  "
          + JSONValue.object([
            "name": .string(entry.name), "dtype": .string(entry.scalarType.rawValue),
            "shape": .array(entry.shape.dimensions.map { .integer(Int64($0)) }),
          ]).canonicalText
      }.joined(separator: ",\n"))
    let tied = ModelMetadata.tied(in: source).map {
      JSONValue.array([.string($0.name), .string($0.target)])
    }
    lines.append(" ], \"tied\": \(JSONValue.array(tied).canonicalText), \"rules\": [")
    let list = try rules.map { try self.rules(from: $0) } ?? []
    let members = list.map { rule -> JSONValue in
      [
        "match": .string(rule.match.description),
        "initializer": rule.initializer.configuration.json,
      ]
    }
    if !members.isEmpty {
      lines.append(members.map { "  " + $0.canonicalText }.joined(separator: ",\n"))
    }
    lines.append(" ]}\n")
    return Data(lines.joined(separator: "\n").utf8)
  }
}
