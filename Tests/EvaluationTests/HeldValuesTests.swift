import Synchronization
import Tensors
import Testing

@testable import Evaluation

struct HeldValuesTests {
  private func value(_ number: Float, count: Int = 1) throws -> HeldValue {
    HeldValue(tensors: [
      try Tensor([Float](repeating: number, count: count), shape: .vector(count))
    ])
  }

  @Test func `a value is made once for all who ask meanwhile`() async throws {
    let values = HeldValues(byteCount: 0)
    let made = Mutex(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let found = try await values.value(of: 1) {
            made.withLock { $0 += 1 }
            // Long enough for all to ask: they are actors' messages behind this one.
            for _ in 0..<1000 { await Task.yield() }
            return try value(7)
          }
          #expect(try found.tensors[0].doubles() == [7])
        }
      }
      try await group.waitForAll()
    }
    // Without room it is not kept, but each who asked in time has the same.
    #expect(made.withLock { $0 } < 20)
    #expect(await values.present(1) == nil)
  }

  @Test func `the oldest value goes where there is no room`() async throws {
    let values = HeldValues(byteCount: 12)
    for number in 1...4 { _ = try await values.value(of: number) { try value(Float(number)) } }
    #expect(await values.present(1) == nil)
    for number in 2...4 {
      #expect(try await values.present(number)?.tensors[0].doubles() == [Double(number)])
    }
    _ = try await values.value(of: 5) { try value(5, count: 4) }
    #expect(await values.present(5) == nil && values.present(4) != nil)
  }

  @Test func `a failure is made again by the next who asks`() async throws {
    struct Failure: Error {}
    let values = HeldValues(byteCount: 12)
    await #expect(throws: Failure.self) { _ = try await values.value(of: 1) { throw Failure() } }
    let found = try await values.value(of: 1) { try value(3) }
    #expect(try found.tensors[0].doubles() == [3])
  }

  @Test func `who is cancelled does not take the value from others`() async throws {
    let values = HeldValues(byteCount: 12)
    let begun = AsyncStream.makeStream(of: Void.self)
    let makings = Mutex(0)
    let make: @Sendable () async throws -> HeldValue = {
      let isFirst = makings.withLock { count in
        count += 1
        return count == 1
      }
      begun.continuation.yield()
      while isFirst {
        try Task.checkCancellation()
        await Task.yield()
      }
      return try value(2)
    }
    let first = Task { try await values.value(of: 1, make) }
    for await _ in begun.stream { break }
    let second = Task { try await values.value(of: 1, make) }
    first.cancel()
    await #expect(throws: CancellationError.self) { _ = try await first.value }
    #expect(try await second.value.tensors[0].doubles() == [2])
  }
}
