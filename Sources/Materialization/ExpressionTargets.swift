internal import Evaluation
internal import Tensors
internal import VariableGraph

/// The expressions that a run is at: each is made ready once, for all its parts, and let go with the
/// last of them.
actor ExpressionTargets {
  private let evaluation: Evaluation
  private var open: [String: Open] = [:]

  private struct Open {
    let task: Task<FillTarget, any Error>
    var missingCount: Int
  }

  init(_ evaluation: Evaluation) { self.evaluation = evaluation }

  /// What the initializer of an expression is told for a part of `count` elements.
  func target(for variable: Variable, partOf count: Int) async throws -> FillTarget {
    let evaluation = evaluation
    var entry =
      open[variable.name]
      ?? Open(
        task: Task { try await evaluation.target(for: variable) },
        missingCount: variable.shape.elementCount)
    entry.missingCount -= count
    open[variable.name] = entry.missingCount > 0 ? entry : nil
    let task = entry.task
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}
