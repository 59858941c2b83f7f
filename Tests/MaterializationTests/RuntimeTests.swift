import Foundation
import Nascent
import Synchronization
import TestSupport
import Testing

struct RuntimeTests {
  @Test func `values do not depend on chunks, jobs, memory or order`() async throws {
    let graph = try Models.mixed()
    var expected: [String: Digest] = [:]
    for variable in graph.variables {
      expected[variable.name] = try await Runtime(graph: graph).value(of: variable.name).digest()
    }
    for (jobs, memory) in [(1, 1), (2, 3 << 20), (5, 256 << 20)] {
      let configuration = RuntimeConfiguration(jobCount: jobs, memoryByteCount: memory)
      let folder = try TemporaryFolder()
      let store = try CheckpointStore(path: folder.path("s.db"))
      let report = try await Runtime(graph: graph, store: store, configuration: configuration)
        .materialize()
      for outcome in report.outcomes where outcome.action == .materialized {
        #expect(outcome.digest == expected[outcome.name], "\(outcome.name) \(jobs) \(memory)")
      }
      let inMemory = Runtime(graph: graph, configuration: configuration)
      for variable in graph.variables.reversed() {
        #expect(
          try await inMemory.value(of: variable.name).digest() == expected[variable.name])
      }
    }
  }

  @Test func `inserting, removing and reordering variables changes no other`() async throws {
    let graph = try Models.mixed()
    var other = VariableGraph(seed: graph.seed)
    try other.declare("new/first", shape: [10], initializer: .normal())
    for variable in graph.variables.reversed() where variable.name != "mixed/he" {
      try Models.declare(variable, variable.initializer, in: &other)
    }
    for variable in other.variables where variable.name != "new/first" {
      let left = try await Runtime(graph: graph).value(of: variable.name)
      let right = try await Runtime(graph: other).value(of: variable.name)
      #expect(left.isIdentical(to: right), "\(variable.name)")
    }
  }

  @Test func `a slice is that part of the whole`() async throws {
    let graph = try Models.mixed()
    let runtime = Runtime(graph: graph)
    var generator = SeededGenerator(state: 5)
    var cases = 0
    for variable in graph.variables {
      let whole = try await Runtime(graph: graph).value(of: variable.name)
      for _ in 0..<30 {
        let count = variable.shape.elementCount
        let lower = Int.random(in: 0...count, using: &generator)
        let upper = Int.random(in: lower...min(count, lower + 5000), using: &generator)
        let slice = try await runtime.slice(of: variable.name, lower..<upper)
        #expect(slice.isIdentical(to: try whole.slice(elements: lower..<upper)))
        cases += 1
      }
    }
    #expect(cases >= 200)
  }

  @Test func `a slice of an element-wise variable makes nothing else`() async throws {
    var graph = VariableGraph()
    let counter = CountingInitializer()
    try graph.declare("huge", shape: [1 << 40], initializer: counter)
    let slice = try await Runtime(graph: graph).slice(of: "huge", (1 << 39)..<(1 << 39) + 5)
    #expect(slice.shape.elementCount == 5)
    #expect(counter.elements.withLock { $0 } == 5)
  }

  @Test func `a variable is filled once, however many callers wait`() async throws {
    var graph = VariableGraph()
    let counter = CountingInitializer()
    try graph.declare("v", shape: [300_000], initializer: counter)
    let runtime = Runtime(graph: graph)
    try await withThrowingTaskGroup(of: Digest.self) { group in
      for _ in 0..<50 { group.addTask { try await runtime.value(of: "v").digest() } }
      var digests: Set<Digest> = []
      for try await digest in group { digests.insert(digest) }
      #expect(digests.count == 1)
    }
    #expect(counter.elements.withLock { $0 } == 300_000)
    #expect(await runtime.fillCounts == ["v": 1])
  }

  @Test func `an initializer of one's own works in the runtime and the store`() async throws {
    var graph = VariableGraph()
    try graph.declare("ramp", shape: [2, 3], dtype: .int16, initializer: Ramp())
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(graph: graph, store: store)
    #expect(try await runtime.value(of: "ramp").array(of: Int16.self) == [0, 1, 2, 3, 4, 5])
    #expect(try store.checkpoints().isEmpty && store.runs().isEmpty)
    #expect(try await runtime.materialize().outcomes.map(\.action) == [.materialized])
    #expect(try await runtime.materialize().outcomes.map(\.action) == [.skipped])
    #expect(try store.variables(in: "initial")[0].initializer.canonicalText.contains("Ramp"))
  }

  @Test func `what is not made is listed`() async throws {
    let graph = try Models.mixed()
    let runtime = Runtime(graph: graph)
    #expect(try await runtime.uninitialized().count == graph.variables.count)
    _ = try await runtime.value(of: "mixed/he")
    #expect(try await runtime.isMaterialized("mixed/he"))
    #expect(try await !runtime.isMaterialized("mixed/normal"))
    await runtime.release("mixed/he")
    #expect(try await !runtime.isMaterialized("mixed/he"))
  }

  @Test func `a failing initializer is named, and can be tried again`() async throws {
    var graph = VariableGraph()
    let failing = FailingOnce()
    try graph.declare("v", shape: [3], initializer: failing)
    let runtime = Runtime(graph: graph)
    await #expect {
      _ = try await runtime.value(of: "v")
    } throws: { error in
      "\(error)" == "Cannot fill variable \"v\": not yet"
    }
    #expect(try await runtime.value(of: "v").array(of: Float.self) == [1, 1, 1])
  }

  @Test(arguments: [1, 1 << 20, 256 << 20])
  func `parts in order are the whole, for any bound on memory`(memory: Int) async throws {
    let graph = try Models.mixed()
    let runtime = Runtime(
      graph: graph, configuration: RuntimeConfiguration(memoryByteCount: memory))
    for variable in graph.variables where variable.byteCount < 1 << 20 || memory > 1 {
      let count = variable.shape.elementCount
      let range = count / 3..<count
      var parts = Data()
      try await runtime.forEachPart(of: variable.name, range) { parts += $0.data() }
      #expect(
        try await parts
          == Runtime(graph: graph).value(of: variable.name).slice(elements: range)
          .data(), "\(variable.name)")
    }
    await #expect(throws: RuntimeError.self) {
      let first = try #require(graph.variables.first)
      try await runtime.forEachPart(of: first.name, 0..<first.shape.elementCount + 1) { _ in }
    }
  }

  @Test func `a range outside a variable is refused`() async throws {
    var graph = VariableGraph()
    try graph.declare("v", shape: [3], initializer: .ones)
    let runtime = Runtime(graph: graph)
    await #expect {
      _ = try await runtime.slice(of: "v", 1..<4)
    } throws: { error in
      "\(error)" == """
        Elements 1..<4 reach outside variable "v" of 3 elements.
        Ask for a range inside 0..<3.
        """
    }
  }

  @Test func `a cancelled run stops, keeps what was finished, and can go on`() async throws {
    var graph = VariableGraph(seed: 1)
    for index in 0..<40 {
      try graph.declare("v\(index)", shape: [1 << 20], initializer: .truncatedNormal())
    }
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(
      graph: graph, store: store,
      configuration: RuntimeConfiguration(jobCount: 2, memoryByteCount: 16 << 20))
    let progress = runtime.progress()
    let task = Task { try await runtime.materialize() }
    for await state in progress where state.variablesDone > 0 {
      task.cancel()
      break
    }
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    let left = try await runtime.uninitialized().count
    #expect(left > 0 && left < 40)
    let report = try await runtime.materialize()
    #expect(report.count(of: .materialized) == left)
    #expect(report.contentDigest != nil)
  }
}
