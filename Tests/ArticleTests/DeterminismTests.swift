import Nascent
import TestSupport
import Testing

/// The code of `Determinism.md`.
@Test func `Determinism prints what it shows`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }
  let folder = try TemporaryFolder()
  let path = folder.path("model.db")

  func model(_ names: [String]) throws -> VariableGraph {
    var graph = VariableGraph(seed: 1)
    for name in names { try graph.declare(name, shape: [64, 64], initializer: .glorotNormal()) }
    return graph
  }

  let first = Runtime(graph: try model(["a", "b"]))
  let last = Runtime(
    graph: try model(["c", "b", "a"]), configuration: RuntimeConfiguration(jobCount: 1))
  let value = try await first.value(of: "a")
  let other = try await last.value(of: "a")
  print("the same bytes:", value.digest() == other.digest())

  let part = try await last.slice(of: "a", 1000..<1003)
  let same = try value.slice(elements: 1000..<1003)
  print("the same part:", part.digest() == same.digest())

  let forwards = try model(["a", "b"]).fingerprint()
  let backwards = try model(["b", "a"]).fingerprint()
  print("the same model:", forwards == backwards)

  let renamed = try model(["a", "x"]).fingerprint()
  print("another model:", forwards != renamed)

  let graph = try model(["a", "b"])
  let store = try CheckpointStore(path: path)
  _ = try await Runtime(graph: graph, store: store).materialize()
  let digests = NameTable(
    byName: try store.variables(in: "initial").compactMap { variable in
      variable.valueDigest.map { (variable.name, $0) }
    })
  print(try await Regeneration(graph: graph).mismatches(with: digests).count, "of another value")

  let page = try Page(article: "Determinism")
  #expect(transcript.text == page.output)
}
