#if os(Linux)
  import Dispatch
  import Foundation

  /// Runs `body` for each number below `count`, all at once, and waits for all.
  ///
  /// Threads of its own: `concurrentPerform` runs as many at a time as there are cores, and a process
  /// that is waited for is not at work for its thread.
  func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
      group.enter()
      Thread.detachNewThread {
        body(number)
        group.leave()
      }
    }
    group.wait()
  }
#endif
