internal import Tensors
internal import VariableGraph

/// The expressions that a run is at: each is made ready once, for all its parts, and let go with the
/// last of them.
actor ExpressionTargets {
  private let evaluation: Evaluation
  private var open: NameTable<Open> = [:]
  /// How many elements of each are wanted.
  private let elementCounts: NameTable<Int>

  private struct Open {
    let task: Task<FillTarget, any Error>
    var missingCount: Int
  }

  /// - Parameter parts: What is to be made of variables.
  init(_ evaluation: Evaluation, _ parts: [VariablePart]) {
    self.evaluation = evaluation
    elementCounts = parts.lazy.filter { $0.variable.expression != nil }.reduce(into: [:]) {
      $0[$1.variable.name, default: 0] += $1.bytes.count / $1.variable.scalarType.byteCount
    }
  }

  /// What the initializer of an expression is told for a part of `count` elements.
  func target(for variable: Variable, partOf count: Int) async throws -> FillTarget {
    let evaluation = evaluation
    var entry =
      open[variable.name]
      ?? Open(
        task: Task { try await evaluation.target(for: variable) },
        missingCount: elementCounts[variable.name] ?? 0)
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
