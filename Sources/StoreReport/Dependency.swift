internal import Store
internal import VariableGraph

/// That one variable's value is made of another's, or is the same.
struct Dependency: Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    /// The value of an expression that reads the other.
    case expression
    /// A second name of the other.
    case tie
  }

  /// The variable that is read.
  let source: String
  /// The variable that depends on it.
  let target: String
  let kind: Kind
}

/// A variable and what it depends on, for pictures.
struct DependencyNode: Sendable {
  let name: String
  /// What is said below the name, such as `float32 [784, 128]`.
  let label: String
  /// What it depends on, in the order of mention.
  let sources: [String]
  let kind: Dependency.Kind?

  var dependencies: [Dependency] {
    guard let kind else { return [] }
    return sources.map { Dependency(source: $0, target: name, kind: kind) }
  }

  /// What a store says of a variable or alias.
  init(_ variable: StoredVariable) {
    name = variable.name
    label = "\(variable.scalarType) \(variable.shape)"
    if let target = variable.aliasOf {
      sources = [target]
      kind = .tie
    } else {
      sources = Self.sources(of: variable.initializer)
      kind = sources.isEmpty ? nil : .expression
    }
  }

  /// What a graph says of a variable.
  init(_ variable: Variable) {
    name = variable.name
    label = "\(variable.scalarType) \(variable.shape)"
    sources = variable.expression?.variableNames ?? []
    kind = sources.isEmpty ? nil : .expression
  }

  /// What a graph says of an alias.
  init(_ alias: VariableGraph.Alias) {
    name = alias.name
    label = "alias"
    sources = [alias.target]
    kind = .tie
  }

  private static func sources(of initializer: JSONValue) -> [String] {
    guard case .object(let members) = initializer,
      members["class_name"] == .string(ExpressionInitializer.className),
      case .object(let config)? = members["config"], let json = config["expression"],
      let expression = try? TensorExpression(json: json)
    else { return [] }
    return expression.variableNames
  }
}
