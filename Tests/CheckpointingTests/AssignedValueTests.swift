import Foundation
import Nascent
import TestSupport
import Testing

/// What a run does with values that were assigned.
struct AssignedValueTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore

  /// A store whose `step-5` has an assigned `w` and an initial `v`.
  init() async throws {
    folder = try TemporaryFolder()
    store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(graph: try Self.graph(), store: store)
    try await runtime.assign("w", Tensor([5, 6] as [Float], shape: .vector(2)))
    try await store.save(runtime, step: 5, metrics: ["loss": 1])
  }

  private static func graph(of size: Int = 2, seed: Int64 = 1) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.declare("w", shape: [size], initializer: .normal())
    try graph.declare("v", shape: [3], initializer: .normal())
    return graph
  }

  private func run(
    _ graph: VariableGraph, _ policy: ExistingPolicy = .skip
  ) async throws -> MaterializationReport {
    try await Runtime(graph: graph, store: store, checkpoint: "step-5")
      .materialize(policy: policy)
  }

  @Test func `a run keeps an assigned value and says so`() async throws {
    let report = try await run(Self.graph())
    #expect(report.outcomes.map(\.action) == [.skipped, .skipped])
    #expect(report.outcomes.map(\.reason) == ["kept: its value was assigned", "unchanged"])
    let verified = try await run(Self.graph(), .verify)
    #expect(
      verified.outcomes.map(\.reason) == [
        "kept: its value was assigned; the stored bytes are compared with their digests",
        "unchanged; the stored bytes are compared with their digests",
      ])
    #expect(try store.savedCheckpoint(at: .latest).metrics == ["loss": 1])
  }

  @Test(arguments: [ExistingPolicy.skip, .verify, .fail])
  func `no run but one that replaces loses an assigned value`(
    policy: ExistingPolicy
  ) async throws {
    await #expect {
      _ = try await run(Self.graph(of: 4), policy)
    } throws: { error in
      "\(error)" == """
        Checkpoint "step-5" has values that nothing can make again, and this run would lose them; nothing was \
        changed:
          w: its value was assigned; shape changed from [2] to [4]
        Select other variables only, and these stay as they are; the policy replace lets them go, and another \
        checkpoint leaves this one as it is.
        """
    }
    var smaller = VariableGraph(seed: 1)
    try smaller.declare("v", shape: [3], initializer: .normal())
    await #expect {
      _ = try await run(smaller, policy)
    } throws: { error in
      "\(error)".contains("  w: its value was assigned; the graph does not have it\n")
    }
    var tied = smaller
    try tied.tie("w", to: "v")
    await #expect(throws: CheckpointError.self) { _ = try await run(tied, policy) }
    #expect(try store.tensor(named: "w", in: "step-5").array(of: Float.self) == [5, 6])
  }

  @Test func `a run that replaces makes initial values, and they belong to no step`() async throws {
    let report = try await run(Self.graph(), .replace)
    #expect(
      report.outcomes.map(\.reason) == [
        "remade: the policy is replace; the assigned value is lost",
        "remade: the policy is replace",
      ])
    #expect(try store.variables(in: "step-5").allSatisfy { !$0.isAssigned })
    #expect(try store.savedCheckpoints().isEmpty)
    #expect(try await run(Self.graph()).outcomes.map(\.reason) == ["unchanged", "unchanged"])
  }

  @Test func `a runtime on a saved checkpoint gives the assigned values`() async throws {
    let runtime = Runtime(graph: try Self.graph(), store: store, checkpoint: "step-5")
    #expect(try await runtime.isAssigned("w"))
    #expect(try await runtime.slice(of: "w", 1..<2).array(of: Float.self) == [6])
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [5, 6])
    #expect(try await runtime.isAssigned("w"))
    #expect(try await !runtime.isAssigned("v"))
    #expect(await runtime.fillCounts.isEmpty)
  }

  @Test func `a restored value is assigned unless it is what the declaration makes`() async throws {
    let same = Runtime(graph: try Self.graph())
    _ = try await same.restore(from: store, checkpoint: "step-5")
    #expect(try await same.isAssigned("w"))
    #expect(try await !same.isAssigned("v"))
    let other = Runtime(graph: try Self.graph(seed: 2))
    _ = try await other.restore(from: store, checkpoint: "step-5")
    #expect(try await other.isAssigned("v"))
  }

  @Test func `a save of a checkpoint's values keeps what was assigned`() async throws {
    let runtime = Runtime(graph: try Self.graph(), store: store, checkpoint: "step-5")
    try await store.save(runtime, step: 6)
    #expect(try store.variables(in: "step-6").map(\.isAssigned) == [true, false])
    #expect(try store.tensor(named: "w", in: "step-6").array(of: Float.self) == [5, 6])
  }
}
