/// The steps that are being made or were made lately, so that variables that share one make it once.
///
/// Values are kept while they have room together; the oldest is let go first.
actor HeldValues {
  private let byteCount: Int
  private var kept: [Int: HeldValue] = [:]
  private var keptByteCount = 0
  /// The numbers of what is kept, the oldest first; those before `oldest` were let go.
  private var order: [Int] = []
  private var oldest = 0
  /// How many steps plans have looked at so far.
  private(set) var visitedStepCount = 0
  private var making: [Int: Task<HeldValue, any Error>] = [:]

  /// - Parameter byteCount: The room for values that nobody waits for.
  init(byteCount: Int) { self.byteCount = byteCount }

  /// A value that is kept.
  func present(_ number: Int) -> HeldValue? { kept[number] }

  /// A plan for a step, and the values that are kept and it reads.
  func plan(
    _ graph: EvaluationGraph, root: Int
  ) -> (EvaluationPlan, present: [Int: HeldValue]) {
    var present: [Int: HeldValue] = [:]
    let plan = EvaluationPlan(graph, root: root) { number in
      guard let value = kept[number] else { return false }
      present[number] = value
      return true
    }
    visitedStepCount += plan.visitedStepCount
    return (plan, present)
  }

  /// The value of a step, made by the first who asks.
  ///
  /// When one who waits is cancelled, so is the making; others that wait make it again.
  func value(
    of number: Int, _ make: @escaping @Sendable () async throws -> HeldValue
  ) async throws -> HeldValue {
    while true {
      if let value = present(number) { return value }
      let task = making[number] ?? Task { try await make() }
      making[number] = task
      let result = await withTaskCancellationHandler {
        await task.result
      } onCancel: {
        task.cancel()
      }
      if making[number] == task { making[number] = nil }
      switch result {
      case .success(let value):
        keep(number, value)
        return value
      case .failure(let error):
        guard error is CancellationError, !Task.isCancelled else { throw error }
      }
    }
  }

  private func keep(_ number: Int, _ value: HeldValue) {
    guard value.byteCount <= byteCount, kept[number] == nil else { return }
    kept[number] = value
    keptByteCount += value.byteCount
    order.append(number)
    while keptByteCount > byteCount {
      keptByteCount -= kept.removeValue(forKey: order[oldest])?.byteCount ?? 0
      oldest += 1
    }
    if oldest > order.count / 2 {
      order.removeFirst(oldest)
      oldest = 0
    }
  }
}
