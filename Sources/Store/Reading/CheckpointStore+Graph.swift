internal import Tensors
internal import Filling
public import Initializers
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
    try declaredGraph(of: checkpoint, registry)
  }

  /// Verifies a checkpoint: see `verify(_:where:)`; at the level `regenerate` its values are made again as
  /// well, and compared.
  ///
  /// Values that were assigned or imported cannot be made again: of these the stored bytes are hashed, and
  /// of imported ones the digest of the import is compared.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter level: How deep to look.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Throws: As `verify(_:where:)` and `graph(of:registry:)`; `RuntimeError.Code.fillFailed`,
  ///   `CancellationError`.
  public func verify(
    _ checkpoint: String = "initial", level: VerificationLevel,
    registry: InitializerRegistry = .standard
  ) async throws -> VerificationReport {
    let report = try verify(checkpoint)
    return level == .stored ? report : try await regenerating(report, registry)
  }

  /// Verifies all checkpoints, in the order of their making, as `verify(_:level:registry:)` does.
  ///
  /// - Throws: As `verify(_:level:registry:)`.
  public func verifyAll(
    level: VerificationLevel, registry: InitializerRegistry = .standard
  ) async throws -> [VerificationReport] {
    var reports = try verifyAll()
    guard level == .regenerate else { return reports }
    for place in reports.indices {
      reports[place] = try await regenerating(reports[place], registry)
    }
    return reports
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
