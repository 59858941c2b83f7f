/// The steps that are being made or were made lately, so that variables that share one make it once.
///
/// Values are kept while they have room together; the oldest is let go first.
actor HeldValues {
  private let byteCount: Int
  private var kept: [(number: Int, value: HeldValue)] = []
  private var making: [Int: Task<HeldValue, any Error>] = [:]

  /// - Parameter byteCount: The room for values that nobody waits for.
  init(byteCount: Int) { self.byteCount = byteCount }

  /// A value that is kept.
  func present(_ number: Int) -> HeldValue? { kept.first { $0.number == number }?.value }

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
    guard value.byteCount <= byteCount, present(number) == nil else { return }
    kept.append((number, value))
    while kept.reduce(0, { $0 + $1.value.byteCount }) > byteCount { kept.removeFirst() }
  }
}
