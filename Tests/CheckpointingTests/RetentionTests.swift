import Foundation
import Nascent
import TestSupport
import Testing

struct RetentionTests {
  private let folder: TemporaryFolder
  private let path: String
  private let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    store = try CheckpointStore(path: path)
  }

  private func runtime() throws -> Runtime {
    var graph = VariableGraph()
    try graph.declare("w", shape: [20_000], initializer: .zeros)
    try graph.declare("fixed", shape: [20_000], initializer: .normal(seed: 1))
    return Runtime(graph: graph)
  }

  /// Saves steps 0, 10, …, 90 with the losses 9, 8, …, 0 and something that grows and falls.
  private func saveTen(_ retention: RetentionPolicy = .all) async throws {
    let runtime = try runtime()
    for number in 0..<10 {
      try await runtime.update("w", as: Float.self) { $0[number] = 1 }
      try await store.save(
        runtime, step: number * 10,
        metrics: ["loss": Double(9 - number), "hill": Double(min(number, 9 - number))],
        retention: retention)
    }
  }

  @Test(
    arguments: [
      (.all, Array(0..<10)), (.last(3), [7, 8, 9]), (.every(30), [0, 3, 6, 9]),
      (.best(by: .lowest("loss")), [9]), (.best(2, by: .highest("loss")), [0, 1]),
      (.best(3, by: .highest("hill")), [4, 5, 6]),
      ([.last(1), .every(40), .best(by: .highest("hill"))], [0, 4, 5, 8, 9]),
      (.last(100), Array(0..<10)), ([], Array(0..<10)),
    ] as [(RetentionPolicy, [Int])])
  func `what a rule keeps stays, and nothing else`(
    policy: RetentionPolicy, kept: [Int]
  ) async throws {
    try await saveTen()
    let removed = try await store.prune(keeping: policy)
    #expect(try store.savedCheckpoints().map(\.step) == kept.map { $0 * 10 })
    #expect(removed == (0..<10).filter { !kept.contains($0) }.map { "step-\($0 * 10)" })
    for saved in try store.savedCheckpoints() { #expect(try store.verify(saved.name).isIntact) }
  }

  @Test func `saving keeps to the policy, and the file does not grow`() async throws {
    try await saveTen([.last(2)])
    #expect(try store.savedCheckpoints().map(\.step) == [80, 90])
    let counts = try ChildProcess.run(
      "sqlite3",
      [
        path,
        """
        SELECT count(*) FROM payload; SELECT count(*) FROM block; SELECT count(*) FROM chunk;
        SELECT count(*) FROM metric; SELECT count(*) FROM variable;
        PRAGMA integrity_check; PRAGMA foreign_key_check
        """,
      ])
    // Two states of w and one of what does not change; the first save wrote both as one block.
    #expect(counts.output == "3\n3\n3\n4\n4\nok\n")
  }

  @Test func `the checkpoint that is saved stays in any case`() async throws {
    let runtime = try runtime()
    try await store.save(runtime, step: 100)
    try await store.save(runtime, step: 50, retention: .last(1))
    #expect(try store.savedCheckpoints().map(\.step) == [50, 100])
    try await store.save(runtime, step: 70, retention: .last(1))
    #expect(try store.savedCheckpoints().map(\.step) == [70, 100])
  }

  @Test func `checkpoints without a step stay`() async throws {
    let graph = try await runtime().graph
    _ = try await Runtime(graph: graph, store: store).materialize()
    try await saveTen(.last(1))
    #expect(try store.checkpoints().map(\.name) == ["initial", "step-90"])
  }

  @Test func `the last checkpoint stays where no rule keeps any, and only its name removes it`()
    async throws
  {
    let runtime = try runtime()
    for step in 2...5 { try await store.save(runtime, step: step) }
    let plan = try store.pruningPlan(keeping: [.every(1000)])
    #expect(plan.kept.map(\.rule) == ["every 1000"] && plan.kept.map(\.names) == [[]])
    #expect(plan.last == "step-5" && plan.removed == ["step-2", "step-3", "step-4"])
    #expect(try store.savedCheckpoints().count == 4)
    #expect(try await store.prune(keeping: .every(1000)) == plan.removed)
    #expect(try await store.prune(keeping: .every(1000)) == [])
    #expect(try store.savedCheckpoints().map(\.step) == [5])
    try await store.removeCheckpoint(named: "step-5")
    #expect(try store.savedCheckpoints().isEmpty)
  }

  @Test func `a metric that no checkpoint has is refused, with the nearest one first`() async throws
  {
    try await saveTen()
    let message = """
      No checkpoint has the metric "lsos", so nothing was removed; there are "loss", "hill".
      Compare a metric that was saved with the checkpoints.
      """
    for policy in [
      RetentionPolicy.best(by: .lowest("lsos")), [.last(1), .best(by: .highest("lsos"))],
    ] {
      let error = await #expect(throws: CheckpointError.self) {
        try await store.prune(keeping: policy)
      }
      #expect(error?.code == .unknownMetric && error?.message == message)
    }
    #expect(try store.savedCheckpoints().count == 10)
  }

  @Test func `a save removes nothing while no checkpoint has the metric`() async throws {
    let runtime = try runtime()
    let policy: RetentionPolicy = [.last(1), .best(by: .lowest("loss"))]
    for step in 0..<3 { try await store.save(runtime, step: step, retention: policy) }
    #expect(try store.savedCheckpoints().map(\.step) == [0, 1, 2])
    try await store.save(runtime, step: 3, metrics: ["loss": 1], retention: policy)
    #expect(try store.savedCheckpoints().map(\.step) == [3])
  }

  @Test func `a removed checkpoint leaves the bytes of the others`() async throws {
    try await saveTen()
    try await store.removeCheckpoint(named: "step-0")
    #expect(try store.savedCheckpoints().count == 9)
    #expect(try store.verify("step-10").verified == ["w", "fixed"])
    await #expect(throws: CheckpointError.self) {
      try await store.removeCheckpoint(named: "step-0")
    }
    for saved in try store.savedCheckpoints() {
      try await store.removeCheckpoint(named: saved.name)
    }
    let left = try ChildProcess.run(
      "sqlite3", [path, "SELECT (SELECT count(*) FROM payload) + (SELECT count(*) FROM block)"])
    #expect(left.output == "0\n")
  }

  @Test(
    arguments: [
      (.last(0), "the last 0 checkpoints"), (.every(-5), "every step that -5 divides"),
      ([.last(1), .best(0, by: .lowest("loss"))], "the best 0 checkpoints by lowest loss"),
    ] as [(RetentionPolicy, String)])
  func `a rule that keeps nothing is refused, and nothing is removed`(
    policy: RetentionPolicy, rule: String
  ) async throws {
    try await store.save(runtime(), step: 1)
    let message = """
      A retention policy cannot keep \(rule).
      Give 1 or more.
      """
    await #expect {
      _ = try await store.prune(keeping: policy)
    } throws: { error in
      "\(error)" == message
    }
    await #expect {
      try await store.save(runtime(), step: 2, retention: policy)
    } throws: { error in
      (error as? CheckpointError)?.code == .unsuitableRetention
    }
    #expect(try store.savedCheckpoints().map(\.step) == [1])
  }
}
