import Foundation
import Nascent
import TestSupport
import Testing

/// Models as Flax 0.12 initializes them; see `Tests/Vectors/make_jax.py`.
struct FlaxTests {
  private func models() throws -> [(graph: VariableGraph, digests: [String: JSONValue])] {
    let url = ProjectFiles.root.appending(path: "Tests/Vectors/flax.json")
    guard case .array(let models) = try JSONValue(parsing: Data(contentsOf: url)) else {
      return []
    }
    return try models.compactMap { model in
      guard case .object(let members) = model, let graph = members["graph"],
        case .object(let digests)? = members["sha256"]
      else { return nil }
      let manifest = GraphManifest(registry: .standard)
      return (try manifest.graph(from: Data(graph.canonicalText.utf8)), digests)
    }
  }

  @Test func `every variable of Linen's and NNX's models has Flax's bytes`() async throws {
    var compared = 0
    for (graph, digests) in try models() {
      let runtime = Runtime(graph: graph)
      for variable in graph.variables {
        let digest = try await runtime.value(of: variable.name).digest()
        #expect(digests[variable.name] == .string(digest.hex), "\(variable)")
        compared += 1
      }
      #expect(graph.variables.count == digests.count)
    }
    #expect(compared == 2 * 13 + 2 * 9)
  }

  @Test func `a store gives the graph back with its keys`() async throws {
    let folder = try TemporaryFolder()
    for (index, (graph, _)) in try models().enumerated() {
      let store = try CheckpointStore(path: folder.path("\(index).db"))
      _ = try await Runtime(graph: graph, store: store).materialize()
      let again = try store.graph()
      #expect(again.fingerprint() == graph.fingerprint())
      let report = try await Runtime(graph: again, store: store).materialize()
      #expect(report.count(of: .skipped) == graph.variables.count)
    }
  }

  @Test func `keys are counted by module in Linen and in one stream in NNX`() throws {
    func indices(_ dialect: Dialect) throws -> [UInt32?] {
      var graph = VariableGraph(dialect: dialect)
      for name in ["params/a/kernel", "params/a/bias", "params/b/kernel", "params/top"] {
        try graph.declare(name, shape: [2], initializer: .zeros)
      }
      try graph.declare("b/mean", shape: [2], initializer: .zeros, metadata: ["kind": "state"])
      try graph.declare("b/far", shape: [2], initializer: .zeros, metadata: ["stream_index": 9])
      try graph.declare("b/next", shape: [2], initializer: .zeros)
      return graph.variables.map(\.streamIndex)
    }
    #expect(try indices(.flaxLinen) == [1, 2, 1, 1, nil, 9, 10])
    #expect(try indices(.flaxNNX) == [0, 1, 2, 3, nil, 9, 10])
    #expect(try indices(.jax) == [nil, nil, nil, nil, nil, nil, nil])
  }

  @Test(arguments: [-1, 4_294_967_295, 0.5, "x"] as [JSONValue])
  func `a stream index that is none is refused`(index: JSONValue) {
    var graph = VariableGraph(dialect: .flaxNNX)
    #expect {
      try graph.declare("v", shape: [2], initializer: .zeros, metadata: ["stream_index": index])
    } throws: { error in
      let found = error as? GraphError
      return found?.code == .malformedStreamIndex
        && found?.message == """
          Cannot declare variable "v": its stream_index is \(index.canonicalText), not an integer \
          from 0 to 4294967294.
          Correct it, or leave it out to count on from the variable before.
          """
    }
    #expect(graph.variables.isEmpty)
  }
}
