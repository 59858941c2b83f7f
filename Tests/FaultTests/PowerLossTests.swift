#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  struct PowerLossTests {
    @Test func `power fails after any call: the store opens with all that was committed`()
      async throws
    {
      let run = try FaultyRun()
      let log = run.folder.path("calls")
      let process = try run(log: log)
      try #require(process.status == 0, "\(process.errors)")
      let calls = try DiskRecord(contentsOf: log).calls
      let check = StoreCheck(expectation: try await FaultyRun.expectation())

      var disk = PowerLossDisk()
      var generator = SeededGenerator(state: 17)
      var committed: Set<String> = []
      var commits = 0
      var tried = 0
      var lost = 0
      for (number, call) in calls.enumerated() {
        disk.apply(call)
        if case .deleted(let name, _) = call, name.hasSuffix("-journal") {
          // The journal is gone: the transaction is committed, and the run may say so.
          committed = try names(in: disk.files, check)
          commits += 1
        }
        for outcome in PowerLossDisk.Outcome.allCases {
          let files = disk.filesAfterLoss(outcome, using: &generator)
          tried += 1
          do {
            let missing = committed.subtracting(try names(in: files, check))
            guard missing.isEmpty else { throw StoreCheck.Violation("\(missing.sorted()) is gone") }
            if tried % 16 == 0 { try await resume(files, check) }
          } catch {
            lost += 1
            Issue.record("after call \(number) of \(calls.count), \(outcome): \(error)")
          }
        }
      }
      #expect(commits > 2 && committed.count == check.expectation.variableCount)
      print(
        "fault: power lost after each of \(calls.count) calls of a run with \(commits) commits; "
          + "tried \(tried), lost \(lost)")
    }

    private func names(in files: [String: Data], _ check: StoreCheck) throws -> Set<String> {
      let folder = try write(files)
      return try check.openedNames(folder.path("s.db"))
    }

    private func resume(_ files: [String: Data], _ check: StoreCheck) async throws {
      let folder = try write(files)
      try await check.resume(folder.path("s.db"))
    }

    private func write(_ files: [String: Data]) throws -> TemporaryFolder {
      let folder = try TemporaryFolder()
      for (name, content) in files {
        try content.write(to: folder.url.appending(path: (name as NSString).lastPathComponent))
      }
      return folder
    }
  }
#endif
