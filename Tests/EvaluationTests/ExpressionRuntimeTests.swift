import Foundation
import Nascent
import Synchronization
import TestSupport
import Testing

/// Expressions in every path that fills variables.
struct ExpressionRuntimeTests {
  /// Large enough for several chunks, with every kind of step.
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 5)
    try graph.declare("a", shape: [301, 1000], initializer: .normal())
    try graph.declare("b", shape: [1000, 301], dtype: .float64, initializer: .uniform())
    try graph.declare("o", shape: [60, 40], initializer: .orthogonal())
    try graph.declare("n", as: .value("a").norm(axes: [1]))
    try graph.declare("t", as: .transpose("b"))
    try graph.declare(
      "mix",
      as: .value("a").scaled(by: 0.5) + .value("t").cast(to: .float32)
        / .value("n").broadcast(to: [301, 1000]))
    try graph.declare(
      "stack",
      as: .concatenate(
        [.value("mix").sliced(3..<300, axis: 0, step: 2), .value("a").sliced(0..<200)], axis: 0))
    try graph.declare(
      "odd",
      as: .value("stack").transposed().reshaped(to: [349, 1000]).sliced(5..<990, axis: 1, step: 3))
    try graph.declare("o2", as: .value("o").repeated(200, axis: 0).transposed())
    try graph.declare("mm", as: .matmul(.value("a").sliced(0..<16), .value("b").cast(to: .float32)))
    try graph.declare(
      "tail", as: .value("mm").sliced(300..<301, axis: 1) - .value("mm").sliced(0..<1, axis: 1))
    try graph.tie("alias", to: "mix")
    return graph
  }

  @Test func `values do not depend on jobs, memory, order or parts`() async throws {
    let graph = try graph()
    let runtime = Runtime(graph: graph, configuration: RuntimeConfiguration(jobCount: 1))
    var expected: [String: Digest] = [:]
    var data: [String: Data] = [:]
    for variable in graph.variables {
      let tensor = try await runtime.value(of: variable.name)
      expected[variable.name] = tensor.digest()
      data[variable.name] = tensor.data()
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
    var generator = SeededGenerator(state: 9)
    let slices = Runtime(graph: graph)
    for variable in graph.variables {
      let whole = data[variable.name] ?? Data()
      let width = variable.scalarType.byteCount
      for _ in 0..<20 {
        let count = variable.shape.elementCount
        let lower = Int.random(in: 0...count, using: &generator)
        let upper = Int.random(in: lower...min(count, lower + 2000), using: &generator)
        let slice = try await slices.slice(of: variable.name, lower..<upper)
        #expect(slice.data() == whole[lower * width..<upper * width], "\(variable.name)")
      }
      var parts = Data()
      try await Runtime(graph: graph, configuration: RuntimeConfiguration(memoryByteCount: 1 << 20))
        .forEachPart(of: variable.name, 0..<variable.shape.elementCount) { parts += $0.data() }
      #expect(parts == whole)
    }
  }

  @Test func `a slice of an element-wise expression makes no more of its inputs`() async throws {
    var graph = VariableGraph()
    let counter = CountingInitializer()
    try graph.declare("huge", shape: [1 << 20, 1 << 20], initializer: counter)
    try graph.declare(
      "e",
      as: .transpose("huge").sliced(0..<(1 << 19)).scaled(by: 2)
        + .transpose("huge").sliced(0..<(1 << 19)))
    let slice = try await Runtime(graph: graph).slice(of: "e", (1 << 30) + 7..<(1 << 30) + 12)
    // Row 1024 of the transpose: column 1024 of `huge`, rows 7 to 11, each read twice.
    let expected = (7..<12).map { row in Float(3 * ((row << 20 + 1024) % 1000)) }
    #expect(try slice.array(of: Float.self) == expected)
    #expect(counter.elements.withLock { $0 } == 10)
  }

  @Test func `a selection does not make the inputs that it reads`() async throws {
    let graph = try graph()
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let report = try await Runtime(graph: graph, store: store).materialize(matching: ["mix"])
    #expect(report.outcomes.map(\.name) == ["mix"])
    #expect(
      report.outcomes.first?.digest == (try await Runtime(graph: graph).value(of: "mix").digest()))
    #expect(try store.variables(in: "initial").filter(\.isMaterialized).map(\.name) == ["mix"])
  }

  @Test func `a recipe keeps digests, and a value read through the store is made then`()
    async throws
  {
    let graph = try graph()
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(graph: graph, store: store)
    let recipe = try await runtime.materialize(isRecipe: true)
    #expect(recipe.contentDigest != nil && recipe.bytesWritten == 0)
    let value = try await runtime.value(of: "alias")
    #expect(value.isIdentical(to: try await Runtime(graph: graph).value(of: "mix")))
    #expect(try store.graph()["mix"]?.expression == graph["mix"]?.expression)
  }

  @Test func `a changed input remakes its dependents and nothing else, and says why`() async throws
  {
    func graph(_ seed: Int64) throws -> VariableGraph {
      var graph = VariableGraph()
      try graph.declare("w", shape: [4, 4], initializer: .heUniform(seed: seed))
      try graph.declare("other", shape: [4], initializer: .heUniform(seed: 1))
      try graph.declare("half", as: .value("w").scaled(by: 0.5))
      try graph.declare("quarter", as: .value("half").scaled(by: 0.5))
      try graph.declare("slot", as: .zeros(like: "w"))
      try graph.declare("copy", as: .copy("other"))
      return graph
    }
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    _ = try await Runtime(graph: graph(7), store: store).materialize()
    let report = try await Runtime(graph: graph(8), store: store).materialize()
    let reasons = Dictionary(uniqueKeysWithValues: report.outcomes.map { ($0.name, $0.reason) })
    #expect(
      reasons == [
        "w": """
        remade: initializer changed from {"class_name":"HeUniform","config":{"seed":7}} to \
        {"class_name":"HeUniform","config":{"seed":8}}
        """,
        "half": "remade: it reads w, which changed",
        "quarter": "remade: it reads half, which changed",
        "other": "unchanged", "slot": "unchanged", "copy": "unchanged",
      ])
    #expect(
      try await Runtime(graph: graph(8), store: store).value(of: "quarter").isIdentical(
        to: Runtime(graph: graph(8)).value(of: "quarter")))
  }

  @Test func `long chains and doubling ones are made in bounded work`() async throws {
    var graph = VariableGraph()
    let counter = CountingInitializer()
    try graph.declare("v0", shape: [10], initializer: counter)
    for number in 1...3000 {
      try graph.declare(
        "v\(number)", as: .value("v\(number - 1)") - .value("v\(number - 1)").scaled(by: 0.5))
    }
    let value = try await Runtime(graph: graph).value(of: "v60").array(of: Float.self)
    #expect(value == (0..<10).map { Float($0) * 0x1p-60 })
    let last = (0..<10).map { start in (0..<3000).reduce(Float(start)) { x, _ in x - x * 0.5 } }
    #expect(try await Runtime(graph: graph).value(of: "v3000").array(of: Float.self) == last)
    // Each value is read twice by the next: without sharing 2⁶⁰ reads.
    #expect(counter.elements.withLock { $0 } < 10_000)
  }

  @Test func `a failure names the variable, and a cancelled value can be asked for again`()
    async throws
  {
    var graph = VariableGraph()
    try graph.declare("v", shape: [3], initializer: ConstantInitializer(json: [1, 300, 2]))
    try graph.declare("c", as: .value("v").cast(to: .uint8))
    try graph.declare("n", as: (.value("v") / .zeros(like: "v")).reshaped(to: [3, 1]).svd.s)
    try graph.declare("q", as: (.value("v") / .zeros(like: "v")).reshaped(to: [3, 1]).qr.q)
    func message(_ name: String) async -> String {
      do {
        _ = try await Runtime(graph: graph).value(of: name)
        return "nothing was thrown"
      } catch { return "\(error)" }
    }
    #expect(
      await message("c") == """
        Cannot fill variable "c": The number 300.0 has no value in the dtype uint8 that it is cast to.
        Choose a dtype that holds it, or scale it before.
        """)
    for (name, kind) in [("n", "singular value"), ("q", "QR")] {
      #expect(
        await message(name) == """
          Cannot fill variable "\(name)": A matrix with NaN or infinite elements has no \(kind) \
          decomposition.
          Check what it is made of; `nascent show` counts such elements.
          """)
    }
    try graph.declare("a", shape: [400, 400], initializer: .normal())
    try graph.declare("s", as: TensorExpression.value("a").svd.s)
    let runtime = Runtime(graph: graph)
    let task = Task { try await runtime.value(of: "s") }
    task.cancel()
    _ = await task.result
    #expect(try await runtime.value(of: "s").shape.dimensions == [400])
  }

  @Test func `an expression that is filled without a runtime says what to do`() throws {
    let target = FillTarget(
      name: "e", shape: .scalar, scalarType: .float32, dialect: .tensorFlow,
      random: .philox(SeedPair(0, 0)))
    let storage = try TensorStorage(byteCount: 4)
    #expect {
      try storage.fill(0..<4) {
        try ExpressionInitializer(.value("w")).fill(&$0, elements: 0..<1, of: target)
      }
    } throws: { error in
      "\(error)" == """
        The value of "e" is an expression over other variables, which are not given.
        Ask a Runtime for it, or give the FillTarget a source.
        """
    }
  }

  @Test func `memory that cannot be had is an error`() async throws {
    var graph = VariableGraph()
    try graph.declare("a", shape: [1 << 24, 1 << 24], dtype: .float64, initializer: .zeros)
    try graph.declare("m", as: .matmul("a", "a").sliced(0..<1))
    try graph.declare("s", as: TensorExpression.value("a").svd.s)
    try graph.declare(
      "n", as: TensorExpression.value("a").reshaped(to: [1 << 48, 1]).norm(axes: [1]))
    for name in ["m", "s", "n"] {
      await #expect(throws: TensorMemoryError.self) {
        _ = try await Runtime(graph: graph).slice(of: name, 0..<1)
      }
    }
  }
}
