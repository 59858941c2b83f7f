#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  struct KillTests {
    @Test(arguments: 0..<4)
    func `a process killed at a random moment loses nothing that it reported`(part: Int)
      async throws
    {
      let check = StoreCheck(expectation: try await FaultyRun.expectation())
      let counts = try FaultyRun.callCounts()
      var generator = SeededGenerator(state: UInt64(part))
      var killed = 0
      var lost = 0
      // A call of SQLite's is the moment; whether before or after the disk has done it is the
      // system's affair, so each is as random as a clock would make it, and no moment falls outside.
      while killed < 80 {
        let kind = ["write", "write", "sync", "delete", "memory", "read"].randomElement(
          using: &generator)
        guard let kind, let count = counts[kind] else { continue }
        let number = Int.random(in: 1...count, using: &generator)
        let run = try FaultyRun()
        let process = try run(fault: "\(kind):\(number):kill")
        // Threads share the work anew each time: a late call may not come.
        guard process.status == SIGKILL else { continue }
        killed += 1
        do {
          let names = try check.openedNames(run.store)
          let reported = reportedCount(process.errors)
          guard names.count >= reported else {
            throw StoreCheck.Violation("\(names.count) there, \(reported) reported")
          }
          try await check.resume(run.store)
        } catch {
          lost += 1
          Issue.record("killed at \(kind) \(number): \(error)")
        }
      }
      print("fault: SIGKILL at a random moment, part \(part); tried \(killed), lost \(lost)")
    }

    /// The number of variables that the last line of progress calls done.
    private func reportedCount(_ errors: String) -> Int {
      let lines = errors.split(separator: "\n").filter { $0.contains(" variables, ") }
      return lines.last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    }
  }
#endif
