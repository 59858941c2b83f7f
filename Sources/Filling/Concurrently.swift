internal import Dispatch
internal import Synchronization

/// Runs `body` for each number below `count` on all cores.
///
/// - Returns: What the calls returned, in order.
package func concurrently<Value: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Value)
  -> [Value]
{
  let results = Mutex<[Int: Value]>([:])
  DispatchQueue.concurrentPerform(iterations: count) { number in
    let result = body(number)
    results.withLock { $0[number] = result }
  }
  return results.withLock { results in (0..<count).compactMap { results[$0] } }
}
