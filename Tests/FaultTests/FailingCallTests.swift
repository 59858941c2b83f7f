#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  /// Each call to the disk and each of SQLite's allocations fails in turn.
  struct FailingCallTests {
    /// A kind of call and the ways in which it fails: SQLite's result codes.
    struct Fault: Sendable, CustomTestStringConvertible {
      let kind: String
      let code: String
      let meaning: String
      /// Tries every `stride`-th call only, and the first and the last.
      var stride = 1
      var testDescription: String { "\(kind): \(meaning)" }
    }

    static let faults = [
      Fault(kind: "open", code: "14", meaning: "cannot open"),
      Fault(kind: "open", code: "8", meaning: "a read-only medium"),
      Fault(kind: "read", code: "266", meaning: "input error"),
      Fault(kind: "write", code: "778", meaning: "output error", stride: 3),
      Fault(kind: "write", code: "13", meaning: "disk full", stride: 3),
      Fault(kind: "write", code: "unlink", meaning: "the file is deleted", stride: 5),
      Fault(kind: "sync", code: "1034", meaning: "the disk refuses what it was given"),
      Fault(kind: "truncate", code: "1546", meaning: "output error"),
      Fault(kind: "delete", code: "2570", meaning: "output error"),
      Fault(kind: "memory", code: "7", meaning: "no memory", stride: 97),
    ]

    @Test(arguments: faults)
    func `a call that fails ends in a clear error, and the store opens and is completed`(
      fault: Fault
    ) async throws {
      let count = try #require(FaultyRun.callCounts()[fault.kind])
      let check = StoreCheck(expectation: try await FaultyRun.expectation())
      var tried = 0
      var failed = 0
      var lost = 0
      for duration in ["", ":on"] {
        for number in Set(
          Array(stride(from: 1, through: count, by: fault.stride)) + [max(count, 1)])
        {
          let run = try FaultyRun()
          let name = "\(fault.kind):\(number):\(fault.code)\(duration)"
          let process = try run(fault: name)
          tried += 1
          if process.status != 0 {
            failed += 1
            #expect([74, 75].contains(process.status), "\(name): \(process.errors)")
            let lines = process.errors.split(separator: "\n")
            #expect(lines.count >= 2 && process.errors.contains(run.store), "\(name): \(lines)")
          }
          do {
            let names = try check.openedNames(run.store)
            if process.status == 0 {
              #expect(names.count == check.expectation.variableCount, "\(name)")
            }
            try await check.resume(run.store)
          } catch {
            lost += 1
            Issue.record("\(name): \(error)")
          }
        }
      }
      #expect(count == 0 || failed > 0)
      print(
        "fault: \(fault.testDescription); tried \(tried), ended in an error \(failed), lost \(lost)"
      )
    }
  }
#endif
