import Foundation
import Nascent
import TestSupport
import Testing

/// What a run does with values that nothing can make again, and with what it does not select.
struct KeptValueTests {
  private let folder: TemporaryFolder
  private let path: String
  private let store: CheckpointStore

  /// A store into which `body.0` and `body.1` were imported.
  init() async throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    store = try CheckpointStore(path: path)
    _ = try await Self.file(["body.0": [1, 2], "body.1": [3]]).store(in: store)
  }

  /// Tensors of bytes, as of a file.
  private static func file(_ tensors: KeyValuePairs<String, [UInt8]>) async throws -> ModelImport {
    try await ModelImport(from: MemoryTensors(tensors.map { (name: $0.key, bytes: $0.value) }))
  }

  /// The names of the file with initializers, and two more.
  private static func full(
    seed: Int64 = 1, dialect: Dialect = .tensorFlow, head: some Initializer = .uniform()
  ) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed, dialect: dialect)
    try graph.declare("body.0", shape: [2], dtype: .uint8, initializer: .ones)
    try graph.declare("body.1", shape: [1], dtype: .uint8, initializer: .zeros)
    try graph.declare("head.0", shape: [5], initializer: head)
    try graph.declare("head.1", shape: [5], initializer: .zeros)
    return graph
  }

  private func run(
    _ graph: VariableGraph, _ policy: ExistingPolicy = .skip, only: [GlobPattern] = ["*"],
    share: Share? = nil, isRecipe: Bool = false, checkpoint: String = "initial"
  ) async throws -> MaterializationReport {
    try await Runtime(graph: graph, store: store, checkpoint: checkpoint)
      .materialize(matching: only, share: share, policy: policy, isRecipe: isRecipe)
  }

  private func bytes(_ name: String, in checkpoint: String = "initial") throws -> [UInt8] {
    Array(try store.tensor(named: name, in: checkpoint).data())
  }

  /// Runs, and expects that it is refused and has changed nothing.
  private func expectRefused(
    naming names: [String], sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws -> MaterializationReport
  ) async throws {
    let before = try Data(contentsOf: URL(filePath: path))
    await #expect(sourceLocation: sourceLocation) {
      _ = try await work()
    } throws: { error in
      (error as? CheckpointError)?.code == .conflict
        && names.allSatisfy { "\(error)".contains("\n  \($0): ") }
    }
    #expect(
      try Data(contentsOf: URL(filePath: path)) == before, sourceLocation: sourceLocation)
  }

  /// Expects that the rows are those of a graph that makes the values, where they can be made.
  private func expectSound(
    _ checkpoint: String = "initial", sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let reader = try CheckpointStore(path: path, for: .read)
    #expect(try reader.verify(checkpoint).isIntact, sourceLocation: sourceLocation)
    let graph = try reader.graph(of: checkpoint)
    #expect(
      graph.fingerprint().hex == (try reader.checkpoint(named: checkpoint)).specFingerprint,
      sourceLocation: sourceLocation)
    let digests = NameTable(
      byName: try reader.variables(in: checkpoint).compactMap { variable in
        variable.isAssigned ? nil : variable.valueDigest.map { (variable.name, $0) }
      })
    #expect(
      try await Regeneration(graph: graph).mismatches(with: digests).isEmpty,
      sourceLocation: sourceLocation)
  }

  @Test(arguments: [ExistingPolicy.skip, .verify, .fail])
  func `no run but one that replaces loses an imported value`(policy: ExistingPolicy) async throws {
    await #expect {
      _ = try await run(Self.full(), policy)
    } throws: { error in
      "\(error)".hasPrefix(
        """
        Checkpoint "initial" has values that nothing can make again, and this run would lose them; nothing was \
        changed:
          body.0: its value was imported; initializer changed from {"class_name":"Imported",
        """)
        && "\(error)".hasSuffix(
          """
          Select other variables only, and these stay as they are; the policy replace lets them go, and another \
          checkpoint leaves this one as it is.
          """)
    }
    try await expectRefused(naming: ["body.0", "body.1"]) { try await run(Self.full(), policy) }
    try await expectRefused(naming: ["body.0"]) {
      try await run(Self.full(), policy, isRecipe: true)
    }
    let share = try #require(Share(index: 1, of: 2))
    try await expectRefused(naming: ["body.0"]) { try await run(Self.full(), policy, share: share) }
    try await expectRefused(naming: ["body.0", "body.1"]) { try await run(VariableGraph(), policy) }
    #expect(try bytes("body.0") == [1, 2])
  }

  @Test func `a selection makes what it selects, and the rest stays as it is`() async throws {
    let plan = try store.plan(Self.full(), selecting: ["head*"])
    let report = try await run(Self.full(), only: ["head*"])
    #expect(report.outcomes.map(\.name) == ["head.0", "head.1"])
    #expect(report.outcomes.map(\.action) == [.materialized, .materialized])
    #expect(report.kept == ["body.0", "body.1"])
    #expect(plan.kept == report.kept && plan.conflicts.isEmpty)
    #expect(plan.specFingerprint == report.specFingerprint)
    #expect(report.contentDigest != nil)
    #expect(try bytes("body.0") == [1, 2])
    try await expectSound()
    // Again, all is there.
    #expect(try await run(Self.full(), only: ["head*"]).count(of: .skipped) == 2)
    // What is selected by an unwise hand is refused as well.
    try await expectRefused(naming: ["body.1"]) { try await run(Self.full(), only: ["*1"]) }
  }

  @Test(arguments: [Dialect.tensorFlow, .jax, .flaxNNX, .flaxLinen, .pyTorch])
  func `the declarations of an import keep its values in every dialect`(dialect: Dialect)
    async throws
  {
    var graph = VariableGraph(seed: 7, dialect: dialect)
    for variable in try store.variables(in: "initial") {
      try graph.declare(
        variable.name, shape: variable.shape.dimensions, dtype: variable.scalarType,
        initializer: InitializerRegistry.standard.initializer(variable.initializer))
    }
    for policy in ExistingPolicy.allCases where policy != .verify {
      let report = try await run(graph, policy)
      #expect(report.outcomes.map(\.action) == [.skipped, .skipped])
      #expect(Set(report.outcomes.map(\.reason)) == ["kept: its value was imported"])
    }
    #expect(try await run(graph, .verify).count(of: .verified) == 2)
    #expect(try bytes("body.0") == [1, 2])
    let value = try await Runtime(graph: graph, store: store).value(of: "body.0")
    #expect(Array(value.data()) == [1, 2])
    try await expectSound()
    // Beside values that are made, too.
    let head = try await run(Self.full(dialect: dialect), only: ["head*"])
    #expect(head.count(of: .materialized) == 2)
    try await expectSound()
  }

  @Test(arguments: [ExistingPolicy.fail, .verify])
  func `nothing is removed under a policy that refuses other declarations`(
    policy: ExistingPolicy
  ) async throws {
    _ = try await run(Self.full(), checkpoint: "made")
    let names = ["body.0", "body.1", "head.0", "head.1"]
    try await expectRefused(naming: names) {
      try await run(VariableGraph(), policy, checkpoint: "made")
    }
    // `skip` removes what can be made again.
    #expect(try await run(VariableGraph(), checkpoint: "made").removed == names)
  }

  @Test func `replace lets go what it names`() async throws {
    let report = try await run(Self.full(), .replace)
    #expect(report.outcomes.map(\.action) == [.replaced, .replaced, .materialized, .materialized])
    #expect(report.outcomes[0].reason.hasSuffix("; the imported value is lost"))
    #expect(try bytes("body.0") == [1, 1])
    try await expectSound()
    _ = try await Self.file(["tail": [4]]).store(in: store)
    #expect(try await run(Self.full(), .replace).removed == ["tail"])
    try await expectSound()
  }

  @Test func `a run that fails between has taken nothing that cannot be made again`() async throws {
    let failing = FailingOnce()
    await #expect(throws: RuntimeError.self) {
      _ = try await run(Self.full(head: failing), .replace)
    }
    #expect(try bytes("body.0") == [1, 2])
    #expect(try store.verify().isIntact)
    #expect(try store.variables(in: "initial").map(\.name) == ["body.0", "body.1"])
    // The second time it succeeds, and nothing of the first one is left.
    _ = try await run(Self.full(head: failing), .replace)
    #expect(try bytes("body.0") == [1, 1])
    #expect(try store.verify().isIntact)
    let query = "SELECT count(*) FROM payload WHERE sha256 IS NULL"
    #expect(try ChildProcess.run("sqlite3", [path, query]).output == "0\n")
  }

  @Test func `a run that fails leaves assigned values, and the step that they belong to`()
    async throws
  {
    let runtime = Runtime(graph: try Self.full())
    try await runtime.assign("head.1", Tensor([1, 2, 3, 4, 5] as [Float], shape: .vector(5)))
    try await store.save(runtime, step: 3, metrics: ["loss": 1])
    await #expect(throws: RuntimeError.self) {
      _ = try await run(Self.full(head: FailingOnce()), .replace, checkpoint: "step-3")
    }
    #expect(
      try store.tensor(named: "head.1", in: "step-3").array(of: Float.self) == [1, 2, 3, 4, 5])
    #expect(try store.savedCheckpoint(at: .latest).metrics == ["loss": 1])
    // A selection without assigned values takes none of it.
    _ = try await run(Self.full(), .replace, only: ["body*"], checkpoint: "step-3")
    #expect(try store.savedCheckpoint(at: .latest).metrics == ["loss": 1])
  }

  @Test func `what another run changes meanwhile is not taken`() async throws {
    let session = try await store.begin(Self.full(), policy: .replace, toolVersion: "test")
    let other = try CheckpointStore(path: path)
    _ = try await Self.file(["tail": [4]]).store(in: other)
    await #expect {
      _ = try await session.finish(verified: 0, failed: 0)
    } throws: { error in
      (error as? CheckpointError)?.code == .busy
    }
    #expect(try bytes("body.0") == [1, 2])
    #expect(try bytes("tail") == [4])
    try await expectSound()
  }

  @Test func `a share replaces its part, and all declarations`() async throws {
    let share = try #require(Share(index: 0, of: 2))
    let report = try await run(Self.full(), .replace, share: share)
    #expect(report.outcomes.map(\.name).contains("body.0"))
    #expect(try bytes("body.0") == [1, 1])
    try await expectSound()
  }

  @Test func `what is not selected must be of the graph's seed and dialect, if of any`()
    async throws
  {
    _ = try await run(Self.full(), only: ["head*"])
    // Both heads: the one that draws, and the one that has a dialect.
    await #expect {
      _ = try await run(Self.full(seed: 2), only: ["head.1"])
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" has variables that are not selected and cannot stay beside those of the graph; \
        nothing was changed:
          head.0: it draws from seed 1, and the graph's is 2
        Select all variables, or use another checkpoint.
        """
    }
    try await expectRefused(naming: ["head.1"]) {
      try await run(Self.full(dialect: .jax), only: ["head.0"])
    }
    let report = try await run(Self.full(seed: 2, dialect: .jax), only: ["head*"])
    #expect(report.count(of: .replaced) == 2)
    #expect(try bytes("body.0") == [1, 2])
    try await expectSound()
  }

  /// `w`, what reads it, and what reads that.
  private static func chain(
    _ w: some Initializer, shape: [Int] = [4], with more: Bool = true
  ) throws -> VariableGraph {
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: shape, initializer: w)
    try graph.declare("x", shape: [3], initializer: .ones)
    if more {
      try graph.declare("half", as: .value("w").scaled(by: 0.5))
      try graph.declare("quarter", as: .value("half").scaled(by: 0.5))
      try graph.declare("slot", as: .zeros(like: "w"))
      try graph.tie("tied", to: "quarter")
    }
    return graph
  }

  @Test(arguments: [true, false])
  func `what reads a variable that changes is declared anew`(isInGraph: Bool) async throws {
    let checkpoint = "chain"
    _ = try await run(Self.chain(.ones), checkpoint: checkpoint)
    let changed = try Self.chain(.constant(3), with: isInGraph)
    let plan = try store.plan(changed, checkpoint: checkpoint, selecting: ["w"])
    let report = try await run(changed, only: ["w"], checkpoint: checkpoint)
    #expect(report.invalidated == ["half", "quarter"])
    #expect(plan.invalidated == report.invalidated)
    #expect(plan.specFingerprint == report.specFingerprint)
    #expect(report.removed.isEmpty)
    try await expectSound(checkpoint)
    let kept = try store.variables(in: checkpoint).filter(\.hasValue).map(\.name)
    #expect(kept == ["w", "x", "slot"])
    let again = try await run(Self.chain(.constant(3)), checkpoint: checkpoint)
    #expect(again.count(of: .materialized) == 2)
    #expect(
      try store.tensor(named: "tied", in: checkpoint).array(of: Float.self)
        == [0.75, 0.75, 0.75, 0.75])
  }

  @Test func `a selected expression takes its inputs as the graph has them`() async throws {
    _ = try await run(Self.chain(.ones), checkpoint: "chain")
    let report = try await run(
      Self.chain(.constant(2)), only: ["quarter"], checkpoint: "chain")
    #expect(report.invalidated == ["w", "half"])
    #expect(
      try store.tensor(named: "quarter", in: "chain").array(of: Float.self)
        == [0.5, 0.5, 0.5, 0.5])
    try await expectSound("chain")
    // An imported input stays, so that the expression cannot be.
    var graph = VariableGraph(seed: 1)
    try graph.declare("body.0", shape: [2], dtype: .uint8, initializer: .ones)
    try graph.declare("copy", as: .copy("body.0"))
    try await expectRefused(naming: ["body.0"]) { try await run(graph, only: ["copy"]) }
    try await expectRefused(naming: ["body.0"]) { try await run(graph, .replace, only: ["copy"]) }
    // It is not declared beside it either, until the input is what it reads.
    try graph.declare("free", shape: [1], initializer: .zeros)
    _ = try await run(graph, only: ["free"])
    #expect(try store.variables(in: "initial").map(\.name) == ["body.0", "free", "body.1"])
    try await expectSound()
  }

  @Test func `an assigned value that reads what changes is not lost`() async throws {
    let runtime = Runtime(graph: try Self.chain(.ones))
    try await runtime.assign("half", Tensor([5, 6, 7, 8] as [Float], shape: .vector(4)))
    try await store.save(runtime, step: 1)
    for (graph, policy) in [
      (try Self.chain(.constant(2)), ExistingPolicy.skip),
      (try Self.chain(.constant(2), with: false), .replace),
    ] {
      try await expectRefused(naming: ["half"]) {
        try await run(graph, policy, only: ["w"], checkpoint: "step-1")
      }
    }
    _ = try await run(Self.chain(.ones), only: ["w", "x"], checkpoint: "step-1")
    #expect(
      try store.tensor(named: "half", in: "step-1").array(of: Float.self) == [5, 6, 7, 8])
  }

  @Test func `what cannot stay an expression of its inputs is refused`() async throws {
    _ = try await run(Self.chain(.ones), checkpoint: "chain")
    try await expectRefused(naming: ["half"]) {
      try await run(
        Self.chain(.ones, shape: [2], with: false), only: ["w"], checkpoint: "chain")
    }
  }

  @Test func `what something that stays reads is not removed`() async throws {
    _ = try await run(Self.chain(.ones), checkpoint: "chain")
    var graph = VariableGraph(seed: 1)
    try graph.declare("x", shape: [3], initializer: .ones)
    let report = try await run(graph, only: ["w", "x", "slot"], checkpoint: "chain")
    #expect(report.removed == ["slot"])
    try await expectSound("chain")
    let all = try await run(graph, only: ["*w", "*x", "half", "q*", "tied"], checkpoint: "chain")
    #expect(all.removed == ["w", "half", "quarter", "tied"])
    try await expectSound("chain")
  }

  @Test func `an alias in place of an imported value is refused`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("body.1", shape: [1], dtype: .uint8, initializer: .ones)
    try graph.declare("one", shape: [1], initializer: .zeros)
    try graph.tie("body.0", to: "one")
    try await expectRefused(naming: ["body.0", "body.1"]) { try await run(graph) }
    try await expectRefused(naming: ["body.0"]) { try await run(graph, only: ["body.0"]) }
    #expect(try await run(graph, only: ["one"]).kept.sorted() == ["body.0", "body.1"])
    #expect(try bytes("body.0") == [1, 2])
    try await expectSound()
    #expect(try await run(graph, .replace).count(of: .aliased) == 1)
    try await expectSound()
  }

  @Test func `a place in Flax's streams that rows would change is refused`() async throws {
    let graph = try Self.full(dialect: .flaxNNX)
    _ = try await run(graph, only: ["head*"])
    try await expectSound()
    // Statistics take no key; the imported row that stays in their place does.
    var other = VariableGraph(seed: 1, dialect: .flaxNNX)
    try other.declare(
      "body.0", shape: [2], dtype: .uint8, initializer: .ones, metadata: ["kind": "batch_stat"])
    try other.declare("head.0", shape: [5], initializer: .uniform())
    try await expectRefused(naming: ["head.0"]) { try await run(other, only: ["head.0"]) }
  }
}
