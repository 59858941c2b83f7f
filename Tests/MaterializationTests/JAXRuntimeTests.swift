import Nascent
import TestSupport
import Testing

struct JAXRuntimeTests {
  private static let dialects: [Dialect] = [.jax, .jaxOriginal, .flaxNNX, .flaxLinen]

  @Test(arguments: dialects)
  func `values do not depend on chunks, jobs or memory`(dialect: Dialect) async throws {
    let graph = try Models.jax(dialect)
    var digests: [Digest?] = []
    for (jobs, memory) in [(1, 1), (3, 256 << 20)] {
      let folder = try TemporaryFolder()
      let store = try CheckpointStore(path: folder.path("s.db"))
      let configuration = RuntimeConfiguration(jobCount: jobs, memoryByteCount: memory)
      let report = try await Runtime(graph: graph, store: store, configuration: configuration)
        .materialize()
      digests.append(report.contentDigest)
    }
    #expect(digests[0] != nil && digests[0] == digests[1])
  }

  @Test(arguments: dialects)
  func `a slice is that part of the whole`(dialect: Dialect) async throws {
    let graph = try Models.jax(dialect)
    let runtime = Runtime(graph: graph)
    var generator = SeededGenerator(state: 6)
    for variable in graph.variables {
      let whole = try await Runtime(graph: graph).value(of: variable.name)
      for _ in 0..<6 {
        let count = variable.shape.elementCount
        let lower = Int.random(in: 0...count, using: &generator)
        let upper = Int.random(in: lower...min(count, lower + 3000), using: &generator)
        let slice = try await runtime.slice(of: variable.name, lower..<upper)
        #expect(slice.isIdentical(to: try whole.slice(elements: lower..<upper)), "\(variable)")
      }
    }
  }

  @Test(arguments: [Dialect.jax, .jaxOriginal])
  func `inserting and reordering variables changes no other`(dialect: Dialect) async throws {
    let graph = try Models.jax(dialect)
    var other = VariableGraph(seed: graph.seed, dialect: dialect)
    try other.declare("new/first", shape: [10], initializer: .normal())
    for variable in graph.variables.reversed() {
      try Models.declare(variable, variable.initializer, in: &other)
    }
    for variable in graph.variables {
      let left = try await Runtime(graph: graph).value(of: variable.name)
      let right = try await Runtime(graph: other).value(of: variable.name)
      #expect(left.isIdentical(to: right), "\(variable.name)")
    }
  }

  @Test func `the dialects give different values and fingerprints`() async throws {
    let graphs = try ([.tensorFlow] + Self.dialects).map { dialect in
      var graph = VariableGraph(seed: 42, dialect: dialect)
      try graph.declare("dense/kernel", shape: [3, 5], initializer: .heNormal())
      return graph
    }
    #expect(Set(graphs.map { $0.fingerprint() }).count == graphs.count)
    var digests: Set<Digest> = []
    for graph in graphs {
      digests.insert(try await Runtime(graph: graph).value(of: "dense/kernel").digest())
    }
    #expect(digests.count == graphs.count)
  }
}
