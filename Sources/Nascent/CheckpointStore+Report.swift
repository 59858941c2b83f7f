public import Store
internal import Initializers
public import StoreReport
public import VariableGraph

extension CheckpointStore {
  /// A checkpoint as one self-contained page; see `StoreReport`.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be explained; add your own to it.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `notAStore`, `busy`, `inputOutput`.
  public func report(
    of checkpoint: String = "initial", registry: InitializerRegistry = .standard
  ) throws -> StoreReport {
    try StoreReport(of: self, checkpoint: checkpoint, registry: registry)
  }

  /// A variable's histogram for a terminal; see `VariablePlot`.
  ///
  /// - Parameter name: The name of a variable or alias.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be explained; add your own to it.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `damaged`.
  public func plot(
    of name: String, in checkpoint: String = "initial", registry: InitializerRegistry = .standard
  ) throws -> VariablePlot {
    try VariablePlot(of: name, in: self, checkpoint: checkpoint, registry: registry)
  }
}
