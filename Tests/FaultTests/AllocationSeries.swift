#if os(Linux)
  import ArgumentParser
  import Foundation
  import Nascent
  import TestSupport
  import Testing

  @testable import NascentCLI

  /// Runs `nascent materialize` in this process again and again, and fails one of SQLite's allocations each
  /// time.
  ///
  /// For a process of its own, which has not used SQLite yet.
  struct AllocationSeries {
    private typealias Failing = @convention(c) (Int64, Int32) -> Int64

    private static let mark = "fault: an allocation that fails"
    private let folder: TemporaryFolder
    /// Parsed once: that takes longer than the run.
    private let command: MaterializeCommand
    private let store: String
    /// The store before each run: no file, or one with tables.
    private let template: Data?
    private let check: StoreCheck
    private let fail: Failing

    init(isPrepared: Bool) async throws {
      guard let library = dlopen(try FaultyRun.library.get(), RTLD_NOW),
        let symbol = dlsym(library, "nascent_fail_allocation")
      else { throw FaultLibraryError(message: String(cString: dlerror())) }
      fail = unsafeBitCast(symbol, to: Failing.self)
      guard CheckpointStore.keepMemoryReserve() else {
        throw FaultLibraryError(message: "SQLite is in use already")
      }
      folder = try TemporaryFolder()
      store = folder.path("s.db")
      let manifest = folder.path("g.json")
      command = try MaterializeCommand.parse([manifest, "--store", store, "--quiet"])
      let graph = try FaultyRun.smallGraph(rows: 3)
      try FaultyRun.manifest(graph).write(to: URL(filePath: manifest))
      check = StoreCheck(expectation: try await FaultyRun.expectation(graph))
      guard isPrepared else {
        template = nil
        return
      }
      _ = try CheckpointStore(path: store)
      template = try Data(contentsOf: URL(filePath: store))
      try FileManager.default.removeItem(atPath: store)
    }

    /// Tries each allocation alone, and each third also with all that come after it, until there is no such
    /// one.
    func run() async throws {
      var tried = 0
      var failed = 0
      var unchanged = 0
      var lost = 0
      var number = 0
      var isLast = false
      repeat {
        number += 1
        for goesOn in number % 3 == 0 ? [false, true] : [false] {
          try template?.write(to: URL(filePath: store))
          let (error, count) = await materialize(failingAt: number, goesOn)
          isLast = count < number
          if isLast {
            // Nothing failed, so nothing went wrong.
            #expect(error == nil && number > 1000, "\(number): \(String(describing: error))")
            break
          }
          tried += 1
          let place = "\(number), \(goesOn)"
          if let error {
            failed += 1
            let code = ExitStatus(error)?.code
            #expect(code == 74 && "\(error)".contains(store), "\(place): \(error)")
            #expect("\(error)".split(separator: "\n").count >= 2)
          }
          do {
            if try error != nil && isUntouched() {
              unchanged += 1
            } else {
              try await check.complete(store, wasWhole: error == nil)
            }
          } catch {
            lost += 1
            Issue.record("\(place): \(error)")
          }
          for path in [store, store + "-journal"]
          where FileManager.default.fileExists(atPath: path) {
            try FileManager.default.removeItem(atPath: path)
          }
        }
      } while !isLast
      #expect(failed > 0)
      print(
        """
        \(Self.mark) in a \(template == nil ? "new store" : "store that is there"), each of \(number - 1); \
        tried \(tried), ended in an error \(failed), of these without a change \(unchanged), lost \(lost)
        """)
    }

    /// - Returns: The error with which the run ended, and how often SQLite asked for memory.
    private func materialize(
      failingAt number: Int, _ goesOn: Bool
    ) async -> (error: (any Error)?, count: Int) {
      _ = fail(Int64(number), goesOn ? 1 : 0)
      var ending: (any Error)?
      do {
        try await command.run()
      } catch {
        ending = error
      }
      return (ending, Int(fail(0, 0)))
    }

    /// The file is what it was before the run, and nothing is left to undo.
    private func isUntouched() throws -> Bool {
      guard !FileManager.default.fileExists(atPath: store + "-journal") else { return false }
      guard FileManager.default.fileExists(atPath: store) else { return template == nil }
      return try Data(contentsOf: URL(filePath: store)) == template ?? Data()
    }

    /// Prints what a series said at its end.
    static func printOutcome(_ output: [UInt8]) throws {
      let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
      print(try #require(lines.last { $0.hasPrefix(mark) }))
    }
  }
#endif
