internal import TensorMemory
package import Tensors
package import VariableGraph

/// Fills one tensor, or a part of one, in memory: chunks in parallel over the cores.
package struct TensorFiller: Sendable {
  private let graph: VariableGraph
  private let configuration: RuntimeConfiguration
  private let evaluation: Evaluation

  /// Fills variables of a graph.
  package init(graph: VariableGraph, configuration: RuntimeConfiguration, evaluation: Evaluation) {
    self.graph = graph
    self.configuration = configuration
    self.evaluation = evaluation
  }

  /// The whole variable in its shape, or a range of its elements as a vector.
  package func tensor(
    of variable: Variable, elements: Range<Int>? = nil
  ) async throws -> Tensor {
    try await tensor(of: variable, elements, from: nil, target(for: variable))
  }

  /// What the initializer is told, an expression's intermediate values made.
  private func target(for variable: Variable) async throws -> FillTarget {
    do {
      return try await evaluation.target(for: variable)
    } catch {
      throw RuntimeError.fillFailed(variable, error)
    }
  }

  private func tensor(
    of variable: Variable, _ elements: Range<Int>?, from pool: MemoryPool?, _ target: FillTarget
  ) async throws -> Tensor {
    let range = elements ?? 0..<variable.shape.elementCount
    let width = variable.scalarType.byteCount
    let storage = try TensorStorage(byteCount: range.count * width, from: pool)
    let step =
      variable.isElementwise
      ? Chunking.chunkByteCount / width : max(range.count, 1)
    try await concurrently(variable, range, by: step) { part in
      let offset = (part.lowerBound - range.lowerBound) * width
      try storage.fill(offset..<offset + part.count * width) { span in
        try variable.initializer.fill(&span, elements: part, of: target)
      }
    }
    storage.seal()
    return try Tensor(
      shape: elements == nil ? variable.shape : .vector(range.count),
      scalarType: variable.scalarType, storage: storage)
  }

  /// Runs of elements of a variable that is filled by elements, in the slice's shape.
  package func tensor(of variable: Variable, _ runs: SliceRuns) async throws -> Tensor {
    if let range = runs.single {
      let tensor = try await tensor(of: variable, elements: range)
      return try Tensor(shape: runs.shape, scalarType: variable.scalarType, storage: tensor.storage)
    }
    let target = try await target(for: variable)
    let width = variable.scalarType.byteCount
    let storage = try TensorStorage(byteCount: runs.shape.byteCount(of: variable.scalarType))
    let step = max(Chunking.chunkByteCount / (runs.length * width), 1)
    try await concurrently(variable, 0..<runs.count, by: step) { held in
      let bytes = held.lowerBound * runs.length * width..<held.upperBound * runs.length * width
      try storage.fill(bytes) { span in
        for (place, run) in held.enumerated() {
          let lower = place * runs.length * width
          try span.withPart(lower..<lower + runs.length * width) { part in
            try variable.initializer.fill(&part, elements: runs.run(run), of: target)
          }
        }
      }
    }
    storage.seal()
    return try Tensor(shape: runs.shape, scalarType: variable.scalarType, storage: storage)
  }

  /// Calls `fill` with parts of a range, `step` long, in as many tasks at once as there are jobs.
  private func concurrently(
    _ variable: Variable, _ range: Range<Int>, by step: Int,
    _ fill: @escaping @Sendable (Range<Int>) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      for lower in stride(from: range.lowerBound, to: range.upperBound, by: step) {
        if running == configuration.jobCount {
          try await group.next()
          running -= 1
        }
        try Task.checkCancellation()
        let part = lower..<min(lower + step, range.upperBound)
        running += 1
        group.addTask {
          do {
            try fill(part)
          } catch {
            throw RuntimeError.fillFailed(variable, error)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Calls `body` with elements `range` part after part, in order, each in memory that the next one
  /// uses again.
  package func forEachPart(
    of variable: Variable, elements range: Range<Int>, _ body: (Tensor) throws -> Void
  ) async throws {
    guard variable.isElementwise else {
      return try body(try await tensor(of: variable).slice(elements: range))
    }
    let byteCount = min(Self.partByteCount, configuration.memoryByteCount / 64 * 64)
    let pool = MemoryPool(byteCount: max(byteCount, 64))
    let target = try await target(for: variable)
    let step = max(byteCount / variable.scalarType.byteCount, 1)
    for lower in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      let part = lower..<min(lower + step, range.upperBound)
      try body(try await tensor(of: variable, part, from: pool, target))
    }
  }

  /// Some chunks for every core, and little enough to be in the cache when it is used.
  private static let partByteCount = 8 << 20
}
