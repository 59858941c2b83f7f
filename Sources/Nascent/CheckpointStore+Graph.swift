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
    let stored = try variables(in: checkpoint)
    for variable in stored where variable.aliasOf == nil {
      try graph.declare(
        variable.name, shape: variable.shape.dimensions, dtype: variable.scalarType,
        initializer: registry.initializer(variable.initializer), metadata: variable.metadata)
    }
    for variable in stored {
      if let target = variable.aliasOf { try graph.tie(variable.name, to: target) }
    }
    return graph
  }
}
