public import Checkpointing
public import Materialization
internal import Tensors

extension Runtime {
  /// Takes the values of a checkpoint as the values of this runtime's variables.
  ///
  /// All or nothing: where a variable of the graph is missing or has another shape or dtype, nothing
  /// is taken and the report says why. Nothing is cast, and nothing is skipped silently; variables of
  /// the checkpoint that the graph does not have are listed as unexpected.
  ///
  /// - Returns: How the checkpoint fits the graph.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  public func restore(
    from store: CheckpointStore, checkpoint: String = "initial"
  ) throws -> RestoreReport {
    let report = try store.restoreReport(for: graph, from: checkpoint)
    guard report.missing.isEmpty, report.mismatching.isEmpty else { return report }
    let tensors = try graph.variables.map { variable in
      (variable.name, try store.tensor(named: variable.name, in: checkpoint))
    }
    adopt(tensors)
    return report
  }
}
