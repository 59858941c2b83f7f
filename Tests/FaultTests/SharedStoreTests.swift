#if os(Linux)
  import Dispatch
  import Foundation
  import Synchronization
  import TestSupport
  import Testing

  struct SharedStoreTests {
    @Test func `eight processes fill one store at once, and none is turned away`() async throws {
      let check = StoreCheck(expectation: try await FaultyRun.expectation())
      for _ in 0..<5 {
        let run = try FaultyRun()
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
          let result = Result { try run() }
          switch result {
          case .success(let process) where process.status == 0: break
          case .success(let process): failures.withLock { $0.append(process.errors) }
          case .failure(let error): failures.withLock { $0.append("\(error)") }
          }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try check.openedNames(run.store).count == check.expectation.variableCount)
        try await check.resume(run.store)
      }
    }
  }
#endif
