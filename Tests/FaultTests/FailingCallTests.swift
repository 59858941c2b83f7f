#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  /// Each call to the disk fails in turn, in a process of its own.
  struct FailingCallTests {
    /// A kind of call and the way in which it fails: SQLite's result code, or an error number after `e`.
    struct Fault: Sendable, CustomTestStringConvertible {
      let kind: String
      let code: String
      let meaning: String
      /// What the error says of it, at least once.
      let words: String
      /// Tries every `stride`-th call only, and the first and the last.
      var stride = 1
      var testDescription: String { "\(kind): \(meaning)" }
    }

    static let faults = [
      Fault(kind: "open", code: "e13", meaning: "no permission", words: "unable to open"),
      Fault(kind: "open", code: "8", meaning: "a read-only medium", words: "unable to open"),
      Fault(kind: "read", code: "e5", meaning: "input error", words: "the disk failed"),
      Fault(kind: "write", code: "e5", meaning: "output error", words: "the disk failed"),
      Fault(kind: "write", code: "e28", meaning: "disk full", words: "the disk is full"),
      Fault(kind: "write", code: "e122", meaning: "quota used up", words: "your quota"),
      Fault(
        kind: "write", code: "e30", meaning: "the medium became read-only",
        words: "may not be written"),
      Fault(
        kind: "write", code: "unlink", meaning: "the file is deleted", words: "moved, deleted"),
      Fault(
        kind: "sync", code: "e5", meaning: "the disk refuses what it was given",
        words: "the disk failed"),
      Fault(kind: "sync", code: "e122", meaning: "quota used up", words: "your quota"),
      Fault(kind: "delete", code: "e5", meaning: "output error", words: "the disk failed"),
      // `AllocationTests` tries each one.
      Fault(
        kind: "memory", code: "7", meaning: "no memory", words: "no memory left", stride: 97),
    ]

    @Test(arguments: faults)
    func `a call that fails ends in a clear error, and the store opens and is completed`(
      fault: Fault
    ) async throws {
      let graph = try FaultyRun.smallGraph()
      let count = try #require(FaultyRun.callCounts(graph)[fault.kind])
      let check = StoreCheck(expectation: try await FaultyRun.expectation(graph))
      var outcome = Outcome()
      // Each call alone; and each third also with all that come after it, which fail the same way.
      for (duration, step) in [("", fault.stride), (":on", 3 * fault.stride)] {
        for number in Set(Array(stride(from: 1, through: count, by: step)) + [count]) {
          let run = try FaultyRun(graph)
          let name = "\(fault.kind):\(number):\(fault.code)\(duration)"
          let counts = run.folder.path("counts")
          let process = try run(fault: name, counts: counts)
          // Threads share the work anew each time: a late call may not come. SQLite does without some memory.
          let mayEndWell =
            try fault.kind == "memory"
            || FaultyRun.counts(in: counts)[fault.kind, default: 0] < number
          #expect(process.status != 0 || mayEndWell, "\(name)")
          await outcome.judge(process, name, run, check)
        }
      }
      #expect(outcome.sentences.contains { $0.contains(fault.words) }, "\(outcome.sentences)")
      print(
        """
        fault: \(fault.testDescription), each \(fault.stride == 1 ? "one" : "\(fault.stride)th") of \
        \(count); \(outcome.line)
        """)
    }

    /// Files are cut only where a transaction is undone that had made them larger.
    @Test func `a truncation that fails ends in a clear error, and the store is completed`()
      async throws
    {
      let graph = try FaultyRun.smallGraph()
      let counts = try FaultyRun.callCounts(graph)
      #expect(counts["truncate"] == 0)
      let check = StoreCheck(expectation: try await FaultyRun.expectation(graph))
      var outcome = Outcome()
      var undone = 0
      for number in 1...(try #require(counts["write"])) {
        // Killed in a write: most of the time a journal is left, and a file that has grown.
        func interrupted() throws -> FaultyRun? {
          let run = try FaultyRun(graph)
          return try run(fault: "write:\(number):kill").status == SIGKILL ? run : nil
        }
        guard let first = try interrupted() else { continue }
        let count = try first.callCounts()["truncate"] ?? 0
        undone += count
        for call in 1..<count + 1 {
          guard let run = try interrupted() else { continue }
          let name = "truncate:\(call):e5"
          await outcome.judge(try run(fault: name), "\(number), \(name)", run, check)
        }
      }
      #expect(undone > 0 && outcome.failed > 0)
      print(
        """
        fault: truncate: none in \(counts["write"] ?? 0) writes of a run, \(undone) where a killed run is \
        undone, each one fails; \(outcome.line)
        """)
    }

    /// What became of runs in whose way a fault was put.
    private struct Outcome {
      var tried = 0
      var failed = 0
      var lost = 0
      var sentences: Set<String> = []

      var line: String { "tried \(tried), ended in an error \(failed), lost \(lost)" }

      mutating func judge(
        _ process: ChildProcess, _ name: String, _ run: FaultyRun, _ check: StoreCheck
      ) async {
        tried += 1
        if process.status != 0 {
          failed += 1
          #expect(process.status == 74, "\(name): \(process.errors)")
          let lines = process.errors.split(separator: "\n")
          #expect(lines.count >= 2 && process.errors.contains(run.store), "\(name): \(lines)")
          sentences.insert(process.errors.replacing(run.store, with: "s.db"))
        }
        do {
          try await check.complete(run.store, wasWhole: process.status == 0)
        } catch {
          lost += 1
          Issue.record("\(name): \(error)")
        }
      }
    }
  }
#endif
