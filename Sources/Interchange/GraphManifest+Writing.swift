public import Foundation
internal import Tensors
public import VariableGraph

extension GraphManifest {
  /// Writes a manifest that reads back as an equal graph.
  public func data(from graph: VariableGraph) -> Data {
    var lines = ["{\"format\": \"\(Self.format)\", \"seed\": \(graph.seed),"]
    lines.append(" \"dialect\": \"\(graph.dialect)\", \"variables\": [")
    lines.append(
      graph.declarations.map { declaration in
        switch declaration {
        case .variable(let variable):
          Self.line(
            variable.name, PartialShape(variable.shape.dimensions), variable.scalarType,
            variable.initializer, variable.metadata)
        case .unbound(let variable):
          Self.line(
            variable.name, variable.shape, variable.scalarType, variable.initializer,
            variable.metadata)
        }
      }.joined(separator: ",\n"))
    let tied = (graph.aliases + graph.waitingAliases).map {
      JSONValue.array([.string($0.name), .string($0.target)])
    }
    lines.append(" ], \"tied\": \(JSONValue.array(tied).canonicalText)}\n")
    return Data(lines.joined(separator: "\n").utf8)
  }

  private static func line(
    _ name: String, _ shape: PartialShape?, _ type: ScalarType?, _ initializer: some Initializer,
    _ metadata: [String: JSONValue]
  ) -> String {
    var members = metadata
    members["name"] = .string(name)
    if let shape { members["shape"] = shape.json }
    if let type { members["dtype"] = .string(type.rawValue) }
    if let expression = (initializer as? ExpressionInitializer)?.expression {
      members["expression"] = expression.json
    } else {
      members["initializer"] = initializer.configuration.json
    }
    return "  " + JSONValue.object(members).canonicalText
  }
}
