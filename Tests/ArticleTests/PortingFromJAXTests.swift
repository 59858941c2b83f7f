import Foundation
import Nascent
import TestSupport
import Testing

/// The code of `PortingFromJAX.md`, and what JAX and Flax hold.
struct PortingFromJAXTests {
  private struct Record: Decodable {
    struct Graph: Decodable {
      let seed: Int64
      let dialect: String
    }
    let graph: Graph
    let sha256: [String: String]
  }

  @Test func `the article prints what it shows, and that is what JAX and Flax give`() async throws {
    let transcript = Transcript()
    func print(_ items: Any...) { transcript.print(items) }

    var graph = VariableGraph()
    try graph.declare("w", shape: [3, 3], initializer: .jaxHeUniform(seed: 7))
    print(try await Runtime(graph: graph).value(of: "w"))

    var flax = VariableGraph(seed: 0, dialect: .flaxNNX, separator: ".")
    try flax.declare(Embedding(count: 11, width: 6), as: "embed")
    try flax.declare(Linear(inFeatures: 6, outFeatures: 8), as: "first")
    try flax.declare(Normalization.batch(channels: 8), as: "norm")
    // The dropout layer takes key 5.
    try flax.declare(
      "last.kernel", shape: [8, 3], initializer: .jaxHeNormal(), metadata: ["stream_index": 6])
    try flax.declare("last.bias", shape: [3], initializer: .zeros)

    let runtime = Runtime(graph: flax)
    for name in ["embed.embedding", "first.kernel", "last.kernel"] {
      print(name, try await runtime.value(of: name).digest().hex.prefix(16))
    }

    let page = try Page(article: "PortingFromJAX")
    #expect(transcript.text == page.output)
    let vector = try #require(
      try ReferenceVector.load("jax.json").first {
        $0.call == "jax.nn.initializers.he_uniform" && $0.seeds == [7] && $0.shape == [3, 3]
          && $0.dtype == "float32"
      })
    #expect(try await Runtime(graph: graph).value(of: "w").digest().hex == vector.sha256)
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/flax.json")
    let records = try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
    let record = try #require(
      records.first { $0.graph.seed == 0 && $0.graph.dialect == "flax-nnx" })
    #expect(Set(record.sha256.keys) == Set(flax.variables.map(\.name)))
    for (name, digest) in record.sha256 {
      #expect(try await runtime.value(of: name).digest().hex == digest, "\(name)")
    }
  }
}
