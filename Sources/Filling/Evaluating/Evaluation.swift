internal import RandomSampling
internal import Synchronization
internal import Tensors
public import VariableGraph

/// Makes variables whose values are expressions ready to be filled.
///
/// What must be made as a whole is made before, in the order of dependency and independent parts in
/// parallel, and freed when nothing reads it any more. All else is made with the elements that are asked
/// for, in any range and order; neither these nor the number of cores change a byte.
///
/// A class, because the steps and the values of one graph are shared by all its variables.
public final class Evaluation: Sendable {
  private let graph: VariableGraph
  private let jobCount: Int
  /// Made by the first who asks.
  private let steps = Mutex<EvaluationGraph?>(nil)
  private let values: HeldValues

  /// Prepares to evaluate the expressions of a graph.
  ///
  /// - Parameter graph: The declarations; expressions read variables of the same graph.
  /// - Parameter jobCount: How many parts are made at once.
  /// - Parameter keptByteCount: How many bytes of intermediate values are kept for variables that
  ///   share them.
  public init(graph: VariableGraph, jobCount: Int, keptByteCount: Int) {
    self.graph = graph
    self.jobCount = max(jobCount, 1)
    values = HeldValues(byteCount: keptByteCount)
  }

  /// What the initializer of `variable` is told: for an expression, with a source that gives any of its
  /// elements. Held intermediate values live as long as the target.
  ///
  /// - Throws: `EvaluationError`, `TensorMemoryError`, `CancellationError`, what an initializer throws.
  public func target(for variable: Variable) async throws -> FillTarget {
    guard variable.expression != nil else { return graph.fillTarget(for: variable) }
    let steps = try steps.withLock { steps in
      let made = try steps ?? EvaluationGraph(graph)
      steps = made
      return made
    }
    let (plan, present) = await values.plan(steps, root: steps.root(of: variable))
    let held = try await held(for: plan, present: present)
    let reader = BoxReader(graph, plan, held: held)
    return FillTarget(
      name: variable.name, shape: variable.shape, scalarType: variable.scalarType,
      dialect: variable.dialect, random: graph.randomSource(for: variable),
      source: PlannedSource(reader: reader, root: plan.root))
  }

  /// The held values that the root reads.
  private func held(
    for plan: EvaluationPlan, present: [Int: HeldValue]
  ) async throws -> [Int: HeldValue] {
    var state = HeldState(plan, present: present)
    try await withThrowingTaskGroup(of: (Int, HeldValue).self) { group in
      var running = 0
      while true {
        while running < jobCount, let number = state.takeReady() {
          running += 1
          let computation = HeldComputation(
            reader: BoxReader(graph, plan, held: state.inputs(of: number)), jobCount: jobCount)
          group.addTask { [values] in
            (number, try await values.value(of: number) { try await computation.value(of: number) })
          }
        }
        guard let (number, value) = try await group.next() else { break }
        running -= 1
        state.put(number, value)
      }
    }
    return state.values
  }

  /// How many steps the plans of all variables have looked at so far.
  package var visitedStepCount: Int { get async { await values.visitedStepCount } }
}

/// Which held steps are made, and who still reads them.
private struct HeldState {
  private(set) var values: [Int: HeldValue]
  /// The steps whose inputs are all there, the last in order first.
  private var ready: [Int] = []
  /// How many inputs of each other step are not there yet, and which steps wait for an input.
  private var missingCounts: [Int: Int] = [:]
  private var waiting: [Int: [Int]] = [:]
  private var readers: [Int: Int] = [:]
  private let needs: [Int: Set<Int>]

  init(_ plan: EvaluationPlan, present: [Int: HeldValue]) {
    values = present
    needs = plan.needs
    // The root reads to the end: its inputs are never let go.
    for number in plan.direct { readers[number, default: 0] += 1 }
    for number in plan.held.reversed() {
      let inputs = plan.needs[number] ?? []
      for input in inputs { readers[input, default: 0] += 1 }
      let missing = inputs.filter { present[$0] == nil }
      if missing.isEmpty { ready.append(number) }
      missingCounts[number] = missing.count
      for input in missing { waiting[input, default: []].append(number) }
    }
  }

  /// The first step whose inputs are all there.
  mutating func takeReady() -> Int? { ready.popLast() }

  func inputs(of number: Int) -> [Int: HeldValue] {
    var inputs: [Int: HeldValue] = [:]
    for input in needs[number] ?? [] { inputs[input] = values[input] }
    return inputs
  }

  /// Keeps a value, and lets go what it alone still read.
  mutating func put(_ number: Int, _ value: HeldValue) {
    values[number] = value
    for reader in waiting.removeValue(forKey: number) ?? [] {
      missingCounts[reader, default: 0] -= 1
      if missingCounts[reader] == 0 { insertReady(reader) }
    }
    for input in needs[number] ?? [] {
      readers[input, default: 0] -= 1
      if readers[input] == 0 { values[input] = nil }
    }
  }

  private mutating func insertReady(_ number: Int) {
    var (lower, upper) = (0, ready.count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if ready[middle] > number { lower = middle + 1 } else { upper = middle }
    }
    ready.insert(number, at: lower)
  }
}

/// The elements of a variable that is an expression.
private struct PlannedSource: ElementSource {
  let reader: BoxReader
  let root: Int

  func fill(_ span: inout MutableRawSpan, elements range: Range<Int>) throws {
    try reader.read(root, elements: range, into: &span)
  }
}
