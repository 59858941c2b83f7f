import Foundation
import Nascent
import StoreSchema
import TestSupport
import Testing

struct SavingTests {
  private let folder: TemporaryFolder
  private let path: String
  private let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    store = try CheckpointStore(path: path)
  }

  private func query(_ sql: String) throws -> String {
    try ChildProcess.run("sqlite3", [path, sql]).output
  }

  private func graph(seed: Int64 = 1) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.declare("large", shape: [600_000], initializer: .normal())
    try graph.declare("small", shape: [3], initializer: .zeros)
    try graph.declare("empty", shape: [0, 2], initializer: .zeros)
    try graph.tie("tied", to: "small")
    return graph
  }

  private func add(_ amount: Float, to name: String, of runtime: Runtime) async throws {
    try await runtime.update(name, as: Float.self) { values in
      for index in values.indices { values[index] += amount }
    }
  }

  private func expect(
    _ message: String, _ code: CheckpointError.Code,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
  ) async {
    do {
      try await body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as CheckpointError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
      Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a saved step is restored with its values, metadata and metrics`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    try await add(0.5, to: "small", of: runtime)
    let metadata: JSONValue = ["rate": 0.1, "note": "ä", "list": [1, nil, true]]
    let saved = try await store.save(
      runtime, step: 7, metrics: ["loss": 0.25, "worst": .infinity], metadata: metadata)
    #expect(saved.name == "step-7")

    let other = Runtime(graph: try graph(), store: try CheckpointStore(path: path))
    let restored = try await other.restore(step: .latest)
    #expect(restored == saved)
    #expect(restored.metadata == metadata)
    #expect(restored.metrics == ["loss": 0.25, "worst": .infinity])
    #expect(try await other.value(of: "tied").array(of: Float.self) == [0.5, 0.5, 0.5])
    #expect(
      try await other.value(of: "large").isIdentical(to: runtime.value(of: "large")))
    #expect(try await other.isAssigned("small"))
    #expect(try await !other.isAssigned("large"))
    #expect(await other.fillCounts.isEmpty)
  }

  @Test func `the views show step, metrics and what was assigned`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    _ = try await runtime.materialize()
    try await add(1, to: "small", of: runtime)
    try await store.save(
      runtime, step: 10, metrics: ["loss": 0.5, "gap": .nan], metadata: ["a": 1])
    #expect(
      try query("SELECT name, step, variables, materialized, metadata FROM checkpoints") == """
        initial||3|3|{}
        step-10|10|3|3|{"a":1}

        """)
    #expect(
      try query("SELECT checkpoint, step, name, value FROM metrics") == """
        step-10|10|gap|
        step-10|10|loss|0.5

        """)
    #expect(
      try query("SELECT name, state, assigned FROM variables WHERE checkpoint = 'step-10'") == """
        large|materialized|0
        small|materialized|1
        empty|materialized|0
        tied|alias|1

        """)
    #expect(try store.savedCheckpoint(at: .latest).metrics["gap"]?.isNaN == true)
    #expect(try query("PRAGMA integrity_check; PRAGMA foreign_key_check") == "ok\n")
  }

  @Test func `values that did not change take no bytes`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    try await store.save(runtime, step: 0)
    let bytes = try query("SELECT sum(length(bytes)) FROM block")
    try await store.save(runtime, step: 1)
    #expect(try query("SELECT sum(length(bytes)) FROM block") == bytes)
    // One of the large variable's three chunks changes.
    try await runtime.update("large", as: Float.self) { $0[0] = 7 }
    try await store.save(runtime, step: 2)
    #expect(
      try query("SELECT sum(length(bytes)) - (1 << 20) FROM block") == bytes)
    #expect(try query("SELECT count(*) FROM payload") == "4\n")
    for step in 0...2 { #expect(try store.verify("step-\(step)").verified.count == 3) }
  }

  @Test func `what is in the store already is shared without being read`() async throws {
    let graph = try graph()
    _ = try await Runtime(graph: graph, store: store).materialize()
    let runtime = Runtime(graph: graph, store: store)
    try await store.save(runtime, step: 0)
    #expect(await runtime.fillCounts.isEmpty)
    let initial = try store.checkpoint(named: "initial")
    #expect(try store.savedCheckpoint(at: .latest).contentDigest?.hex == initial.contentDigest)
    #expect(try query("SELECT count(*) FROM payload") == "3\n")
  }

  @Test func `a save goes on in the background with the values that it took`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    let pending = try await store.saveInBackground(runtime, step: 1)
    try await add(1, to: "large", of: runtime)
    try await add(1, to: "small", of: runtime)
    let second = try await store.saveInBackground(runtime, step: 2)
    try await add(1, to: "small", of: runtime)
    #expect(try await pending.value().name == "step-1")
    #expect(try await second.value().step == 2)
    let values = try (1...2).map {
      try store.tensor(named: "small", in: "step-\($0)").array(of: Float.self)[0]
    }
    #expect(values == [0, 1])
    let large = try await Runtime(graph: try graph()).value(of: "large").doubles(in: 0..<1)[0]
    #expect(try store.slice(of: "large", elements: 0..<1, in: "step-1").doubles() == [large])
    #expect(
      try store.slice(of: "large", elements: 0..<1, in: "step-2").array(of: Float.self)
        == [Float(large) + 1])
  }

  @Test func `a finished save holds no values`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    try await store.saveInBackground(runtime, step: 1).value()
    let place = ObjectIdentifier(try await runtime.value(of: "large").storage)
    try await add(1, to: "large", of: runtime)
    #expect(ObjectIdentifier(try await runtime.value(of: "large").storage) == place)
  }

  @Test func `saves that are begun together are all written`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    try await withThrowingTaskGroup { group in
      for step in 0..<8 { group.addTask { _ = try await store.save(runtime, step: step) } }
      try await group.waitForAll()
    }
    #expect(try store.savedCheckpoints().map(\.step) == Array(0..<8))
  }

  @Test func `the error of a save that nobody asked for comes with the next, once`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    try await store.save(runtime, step: 1)
    _ = try await store.saveInBackground(runtime, step: 1)
    let message = """
      Cannot save checkpoint "step-1": the store has one of that name; nothing was changed.
      Choose another name, or allow to replace it.
      """
    await expect(message, .checkpointExists) { try await store.save(runtime, step: 2) }
    try await store.save(runtime, step: 2)
    await expect(message, .checkpointExists) { try await store.save(runtime, step: 1) }
    try await store.save(runtime, step: 3)
    #expect(try store.savedCheckpoints().map(\.step) == [1, 2, 3])
  }

  @Test func `a checkpoint is replaced where that is allowed`() async throws {
    let runtime = Runtime(graph: try graph())
    try await store.save(runtime, step: 1, name: "mine", metrics: ["loss": 1])
    try await add(1, to: "small", of: runtime)
    try await store.save(runtime, step: 2, name: "mine", metrics: ["error": 2], replacing: true)
    let saved = try store.savedCheckpoints()
    #expect(saved.map(\.step) == [2])
    #expect(saved[0].metrics == ["error": 2])
    // The old value of `small` is gone; the others are shared.
    #expect(try query("SELECT count(*) FROM payload") == "3\n")
    #expect(try store.verify("mine").isIntact)
  }

  @Test func `a checkpoint can take the place of the one that its values are in`() async throws {
    let graph = try graph()
    let whole = try await Runtime(graph: graph, store: store).materialize()
    let runtime = Runtime(graph: graph, store: store)
    let saved = try await store.save(runtime, step: 0, name: "initial", replacing: true)
    #expect(saved.contentDigest == whole.contentDigest)
    #expect(try store.checkpoints().map(\.name) == ["initial"])
    #expect(try store.verify().verified.count == 3)
  }

  @Test func `a saved checkpoint with a variable that has no value yet is still listed`()
    async throws
  {
    try await store.save(Runtime(graph: try graph()), step: 1)
    var larger = try graph()
    try larger.declare("head", shape: [2], initializer: .ones)
    let runtime = Runtime(graph: larger, store: store, checkpoint: "step-1")
    _ = try await runtime.materialize(matching: ["large"])
    #expect(try store.savedCheckpoint(at: .latest).contentDigest == nil)
    await #expect(throws: RuntimeError.self) { try await runtime.restore(step: .latest) }
    _ = try await runtime.materialize()
    #expect(try await runtime.restore(step: .latest).contentDigest != nil)
  }

  @Test func `a negative step is refused`() async throws {
    let runtime = Runtime(graph: try graph())
    await expect(
      """
      Cannot save a checkpoint at step -1: it is negative.
      Count steps from 0.
      """, .invalidStep
    ) { try await store.save(runtime, step: -1) }
    #expect(try store.checkpoints().isEmpty)
  }

  @Test func `metadata that could not be read again are refused`() async throws {
    var metadata: JSONValue = 1
    for _ in 0..<JSONValue.maximumDepth + 1 { metadata = [metadata] }
    let runtime = Runtime(graph: try graph())
    await #expect(throws: JSONError.self) {
      try await store.save(runtime, step: 1, metadata: metadata)
    }
  }

  @Test func `a step that was not saved is named`() async throws {
    await expect(
      """
      The store has no checkpoint for the latest step; none was saved.
      Choose one of these, or start without one.
      """, .unknownStep
    ) { _ = try store.savedCheckpoint(at: .latest) }
    let runtime = Runtime(graph: try graph(), store: store)
    for step in [20, 10] { try await store.save(runtime, step: step) }
    await expect(
      """
      The store has no checkpoint for the step 15; there are steps 10, 20.
      Choose one of these, or start without one.
      """, .unknownStep
    ) { _ = try await runtime.restore(step: .exactly(15)) }
    await expect(
      """
      The store has no checkpoint for the step of lowest loss; there are steps 10, 20.
      Choose one of these, or start without one.
      """, .unknownStep
    ) { _ = try await runtime.restore(step: .best(.lowest("loss"))) }
  }

  @Test func `the latest, a certain and the best step are chosen`() async throws {
    let runtime = Runtime(graph: try graph(), store: store)
    for (step, loss) in [(1, 0.5), (2, 0.25), (3, .nan), (4, 0.25), (5, 0.75)] as [(Int, Double)] {
      try await store.save(runtime, step: step, metrics: ["loss": loss])
    }
    #expect(try store.savedCheckpoint(at: .latest).step == 5)
    #expect(try store.savedCheckpoint(at: .exactly(3)).step == 3)
    #expect(try store.savedCheckpoint(at: .best(.lowest("loss"))).step == 4)
    #expect(try store.savedCheckpoint(at: .best(.highest("loss"))).step == 5)
  }

  @Test func `going on with another graph is refused, with the report`() async throws {
    try await store.save(Runtime(graph: try graph()), step: 1)
    var other = try graph()
    try other.declare("new", shape: [1], initializer: .zeros)
    let runtime = Runtime(graph: other, store: store)
    await #expect {
      try await runtime.restore(step: .latest)
    } throws: { error in
      "\(error)" == """
        Checkpoint "step-1" does not fit the graph, so nothing was restored: 4 restorable, 1 missing, \
        0 unexpected, 0 mismatching
          missing: new
        Go on with the graph that saved it, or restore(from:checkpoint:configuration:) into another.
        """
    }
    #expect(try await runtime.uninitialized().count == 4)
  }

  @Test func `a save into another store has all values, made where they were not`() async throws {
    let other = try CheckpointStore(path: folder.path("other.db"))
    let graph = try graph()
    let runtime = Runtime(graph: graph, store: other)
    let saved = try await store.save(runtime, step: 1)
    #expect(try store.verify("step-1").verified.count == 3)
    #expect(try await runtime.materialize().contentDigest == saved.contentDigest)
  }

  @Test func `many small and large values of every dtype are saved as they are`() async throws {
    let graph = try Models.mixed()
    let runtime = Runtime(graph: graph)
    for variable in graph.variables {
      try await runtime.assign(variable.name, try await runtime.value(of: variable.name))
    }
    let saved = try await store.save(runtime, step: 1)
    let whole = try await Runtime(graph: graph, store: store).materialize()
    #expect(saved.contentDigest == whole.contentDigest)
    // Statistics and previews are those of values that were made into the store.
    let columns = "name, sha256, mean, standard_deviation, minimum, maximum, preview"
    let fresh = folder.path("fresh.db")
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: fresh)).materialize()
    let expected = try ChildProcess.run(
      "sqlite3", [fresh, "SELECT \(columns) FROM variables"]
    ).output
    #expect(try query("SELECT \(columns) FROM variables WHERE checkpoint = 'step-1'") == expected)
  }
}
