public import Nascent

/// Graphs of one variable.
public enum SingleVariable {
  /// The value of a variable that is declared alone.
  public static func tensor(
    _ initializer: some Initializer, shape: [Int], dtype: ScalarType,
    dialect: Dialect = .tensorFlow, seed: Int64 = 0
  ) async throws -> Tensor {
    var graph = VariableGraph(seed: seed, dialect: dialect)
    try graph.declare("v", shape: shape, dtype: dtype, initializer: initializer)
    return try await Runtime(graph: graph).value(of: "v")
  }

  /// The value of a variable whose initializer is written as a config object.
  public static func tensor(
    _ className: String, _ config: [String: JSONValue], shape: [Int], dtype: ScalarType,
    dialect: Dialect = .tensorFlow
  ) async throws -> Tensor {
    let value = InitializerConfiguration(className: className, config: config).json
    let initializer = try InitializerRegistry.standard.initializer(value)
    return try await tensor(initializer, shape: shape, dtype: dtype, dialect: dialect)
  }
}
