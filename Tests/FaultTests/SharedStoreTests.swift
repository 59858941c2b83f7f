#if os(Linux)
  import Foundation
  import GRDB
  import Nascent
  import Synchronization
  import TestSupport
  import Testing

  struct SharedStoreTests {
    @Test func `eight processes fill one store at once, and none is turned away`() async throws {
      let check = StoreCheck(expectation: try await FaultyRun.expectation())
      let (rounds, processes) = (5, 8)
      let failures = Mutex<[String]>([])
      for _ in 0..<rounds {
        let run = try FaultyRun()
        onThreads(processes) { _ in
          let result = Result { try run() }
          switch result {
          case .success(let process) where process.status == 0: break
          case .success(let process): failures.withLock { $0.append(process.errors) }
          case .failure(let error): failures.withLock { $0.append("\(error)") }
          }
        }
        #expect(try check.openedNames(run.store).count == check.expectation.variableCount)
        try await check.resume(run.store)
      }
      let found = failures.withLock { $0 }
      #expect(found == [])
      print(
        "fault: \(processes) processes in one store; tried \(rounds * processes), lost \(found.count)"
      )
    }

    @Test func `two processes write one store by its name and by a symbolic link elsewhere`()
      async throws
    {
      let check = StoreCheck(expectation: try await FaultyRun.expectation())
      let run = try FaultyRun()
      let link = try TemporaryFolder()
      try FileManager.default.createSymbolicLink(
        atPath: link.path("other.db"), withDestinationPath: run.store)
      let failures = Mutex<[String]>([])
      onThreads(4) { number in
        let process = Result { try run(store: number % 2 == 0 ? nil : link.path("other.db")) }
        guard case .success(let result) = process, result.status == 0 else {
          return failures.withLock { $0.append("\(process)") }
        }
      }
      #expect(failures.withLock { $0 } == [])
      #expect(try check.openedNames(run.store).count == check.expectation.variableCount)
      #expect(try FileManager.default.contentsOfDirectory(atPath: link.url.path) == ["other.db"])
    }

    @Test func `readers during a write see whole values, and none is turned away`() async throws {
      let expectation = try await FaultyRun.expectation()
      let runtime = Runtime(graph: expectation.graph)
      var values: [String: Digest] = [:]
      for variable in expectation.graph.variables {
        values[variable.name] = Digest(of: try await runtime.value(of: variable.name).data())
      }
      let readings = Mutex<[String: Int]>([:])
      let failures = Mutex<[String]>([])
      for _ in 0..<3 {
        let run = try FaultyRun()
        let isWriting = Mutex(true)
        onThreads(4) { number in
          do {
            guard number > 0 else {
              // Many short runs, so that a writer is always at work.
              for seed in 0..<4 {
                let result = try run(seed: seed == 3 ? nil : seed)
                if result.status != 0 { failures.withLock { $0.append(result.errors) } }
              }
              return isWriting.withLock { $0 = false }
            }
            while isWriting.withLock({ $0 }) {
              if number == 1 {
                try readWithLibrary(run.store, readings)
              } else {
                try readWithCommand(run, number, readings)
              }
            }
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
        let store = try CheckpointStore(path: run.store, for: .read)
        for (name, digest) in values {
          #expect(Digest(of: try store.tensor(named: name).data()) == digest)
        }
      }
      let found = failures.withLock { $0 }
      #expect(found.prefix(3) == [])
      let counts = readings.withLock { $0 }
      #expect(counts.values.reduce(0, +) > 50)
      print("fault: readers beside a writer; tried \(counts), lost \(found.count)")
    }

    /// Reads whatever is there: each value must have the digest that stands beside it.
    private func readWithLibrary(
      _ path: String, _ readings: borrowing Mutex<[String: Int]>
    ) throws {
      do {
        let store = try CheckpointStore(path: path, for: .read)
        for variable in try store.variables(in: "initial") where variable.isMaterialized {
          let present = try store.tensor(named: variable.name)
          guard present.shape == variable.shape else {
            throw StoreCheck.Violation("\(variable.name) has another shape")
          }
        }
        readings.withLock { $0["library", default: 0] += 1 }
      } catch let error as CheckpointError where Self.isNotYet(error) {
        readings.withLock { $0["library, too early", default: 0] += 1 }
      }
    }

    /// Before the first run has begun there is no store, and while one is under way values are missing.
    private static func isNotYet(_ error: CheckpointError) -> Bool {
      [.notAStore, .unknownCheckpoint, .notMaterialized, .unknownVariable].contains(error.code)
    }

    private func readWithCommand(
      _ run: FaultyRun, _ number: Int, _ readings: borrowing Mutex<[String: Int]>
    ) throws {
      let store = run.store
      for arguments in [
        ["list", store], ["show", store], ["verify", store], ["fingerprint", store],
        ["export", store, run.folder.path("\(number).safetensors")],
      ] {
        let result = try ChildProcess.run(ChildProcess.nascent, arguments)
        guard result.status == 0 || result.status == 65 else {
          throw StoreCheck.Violation(
            "\(arguments[0]) ended with \(result.status): \(result.errors)")
        }
        readings.withLock { $0["\(arguments[0]) \(result.status)", default: 0] += 1 }
      }
    }

    /// A writer that waits lets no connection in, not even one of the program that it waits for.
    @Test func `a reader goes on whose other connections a writer keeps out`() async throws {
      let expectation = try await FaultyRun.expectation()
      let folder = try TemporaryFolder()
      let path = folder.path("s.db")
      _ = try await Runtime(graph: expectation.graph, store: CheckpointStore(path: path))
        .materialize()
      var configuration = Configuration()
      configuration.allowsUnsafeTransactions = true
      let writer = try DatabaseQueue(path: path, configuration: configuration)
      let store = try CheckpointStore(path: path, for: .read)
      let isWaiting = Mutex(false)
      // The names are asked for inside the reader's transaction, before it opens other connections.
      let report = try store.verify { _ in
        guard !isWaiting.withLock({ $0 }) else { return true }
        do {
          try writer.inDatabase { db in
            try db.execute(
              sql: "BEGIN IMMEDIATE; UPDATE checkpoint SET created_at = 'later'; COMMIT")
          }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
          isWaiting.withLock { $0 = true }
        } catch {
          Issue.record(error)
        }
        return true
      }
      #expect(isWaiting.withLock { $0 })
      #expect(report.isIntact)
      #expect(report.verified.count == expectation.variableCount)
      try writer.inDatabase { try $0.execute(sql: "COMMIT") }
    }

    @Test func `a reader and a writer of one process do not wait for each other`() async throws {
      let expectation = try await FaultyRun.expectation()
      let folder = try TemporaryFolder()
      let path = folder.path("s.db")
      _ = try await Runtime(graph: expectation.graph, store: CheckpointStore(path: path))
        .materialize()
      let reading = Task.detached {
        let store = try CheckpointStore(path: path, for: .read)
        for _ in 0..<100 { #expect(try store.verify().isIntact) }
      }
      let store = try CheckpointStore(path: path)
      for _ in 0..<10 {
        _ = try await Runtime(graph: expectation.graph, store: store).materialize(policy: .replace)
      }
      try await reading.value
    }
  }
#endif
