import Synchronization
import Tensors
import Testing

@testable import Filling

struct HeldValuesTests {
  /// Counts across tasks; a class, because they share it.
  private final class Counter: Sendable {
    private let count = Mutex(0)
    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }

  private static func value(_ number: Float, count: Int = 1) throws -> HeldValue {
    HeldValue(tensors: [
      try Tensor([Float](repeating: number, count: count), shape: .vector(count))
    ])
  }

  @Test func `a value is made once for all who ask meanwhile`() async throws {
    let values = HeldValues(byteCount: 0)
    let made = Counter()
    let make: @Sendable () async throws -> HeldValue = {
      _ = made.next()
      // Long enough for all to ask: they are messages to the actor that wait already.
      for _ in 0..<1000 { await Task.yield() }
      return try Self.value(7)
    }
    let tasks = (0..<20).map { _ in Task { try await values.value(of: 1, make) } }
    for task in tasks { #expect(try await task.value.tensors[0].doubles() == [7]) }
    // Without room it is not kept, but all who asked in time have the same.
    #expect(made.next() <= 20)
    #expect(await values.present(1) == nil)
  }

  @Test func `the oldest value goes where there is no room`() async throws {
    let values = HeldValues(byteCount: 12)
    for number in 1...4 { _ = try await values.value(of: number) { try Self.value(Float(number)) } }
    #expect(await values.present(1) == nil)
    for number in 2...4 {
      #expect(try await values.present(number)?.tensors[0].doubles() == [Double(number)])
    }
    _ = try await values.value(of: 5) { try Self.value(5, count: 4) }
    #expect(await values.present(5) == nil)
    #expect(await values.present(4) != nil)
  }

  @Test func `a failure is made again by the next who asks`() async throws {
    struct Failure: Error {}
    let values = HeldValues(byteCount: 12)
    await #expect(throws: Failure.self) { _ = try await values.value(of: 1) { throw Failure() } }
    let found = try await values.value(of: 1) { try Self.value(3) }
    #expect(try found.tensors[0].doubles() == [3])
  }

  @Test func `who is cancelled does not take the value from others`() async throws {
    let values = HeldValues(byteCount: 12)
    let begun = AsyncStream.makeStream(of: Void.self)
    let makings = Counter()
    let make: @Sendable () async throws -> HeldValue = {
      let isFirst = makings.next() == 1
      begun.continuation.yield()
      while isFirst {
        try Task.checkCancellation()
        await Task.yield()
      }
      return try Self.value(2)
    }
    let first = Task { try await values.value(of: 1, make) }
    for await _ in begun.stream { break }
    let second = Task { try await values.value(of: 1, make) }
    first.cancel()
    await #expect(throws: CancellationError.self) { _ = try await first.value }
    #expect(try await second.value.tensors[0].doubles() == [2])
  }
}
