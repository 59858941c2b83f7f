internal import Dispatch
internal import Synchronization

/// Runs `body` for each number below `count` on all cores.
///
/// - Returns: What the calls returned, in order.
/// - Throws: The first error, in order.
func concurrently<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  DispatchQueue.concurrentPerform(iterations: count) { number in
    let result = Result { try body(number) }
    results.withLock { $0[number] = result }
  }
  return try results.withLock { results in try (0..<count).compactMap { try results[$0]?.get() } }
}
