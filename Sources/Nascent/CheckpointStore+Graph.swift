public import Checkpointing
internal import Initializers
public import VariableGraph

extension CheckpointStore {
  /// The graph that a checkpoint was declared with.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, `InitializerError.Code.unknownClass`,
  ///   `GraphError`.
  public func graph(
    of checkpoint: String = "initial", registry: InitializerRegistry = .standard
  ) throws -> VariableGraph {
    let summary = try recordedCheckpoint(named: checkpoint)
    var graph = VariableGraph(seed: summary.seed, dialect: try Dialect(named: summary.dialect))
    let stored = try declaredVariables(in: checkpoint)
    for variable in stored where variable.aliasOf == nil {
      try graph.declare(
        variable.name, shape: variable.shape.dimensions, dtype: variable.scalarType,
        initializer: registry.initializer(variable.initializer), metadata: variable.metadata)
    }
    for variable in stored {
      if let target = variable.aliasOf { try graph.tie(variable.name, to: target) }
    }
    // What a fingerprint does not name, such as the order, can yet be part of what is drawn.
    let declared = stored.filter { $0.aliasOf == nil }
    for (variable, (_, fingerprint)) in zip(declared, graph.fingerprints())
    where variable.fingerprint != fingerprint {
      throw CheckpointError.damagedDeclaration(variable.name, checkpoint: checkpoint)
    }
    return graph
  }

  /// As much of the graph that a checkpoint was declared with as makes one variable: only that variable, where
  /// its values depend on nothing but its own row, or all.
  ///
  /// - Throws: As `graph(of:registry:)`.
  func graph(
    making variable: StoredVariable, of checkpoint: String, registry: InitializerRegistry
  ) throws -> VariableGraph {
    let dialect = try Dialect(named: variable.dialect)
    var graph = VariableGraph(seed: variable.graphSeed ?? 0, dialect: dialect)
    let initializer = try registry.initializer(variable.initializer)
    guard !(initializer is ExpressionInitializer) else {
      return try self.graph(of: checkpoint, registry: registry)
    }
    try graph.declare(
      variable.name, shape: variable.shape.dimensions, dtype: variable.scalarType,
      initializer: initializer, metadata: variable.metadata)
    // Where the order of declarations is part of the meaning, this one alone is another.
    guard
      variable.fingerprint
        == Fingerprint.variable(try graph.variable(named: variable.name), in: graph)
    else { return try self.graph(of: checkpoint, registry: registry) }
    return graph
  }
}
