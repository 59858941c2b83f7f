internal import Evaluation
internal import VariableGraph

extension Evaluation {
  /// An evaluation within the bounds of a runtime: a quarter of its memory is for intermediate values
  /// that several variables share. What one variable needs as a whole may pass it.
  convenience init(_ graph: VariableGraph, _ configuration: RuntimeConfiguration) {
    self.init(
      graph: graph, jobCount: configuration.jobCount,
      keptByteCount: configuration.memoryByteCount / 4)
  }
}
