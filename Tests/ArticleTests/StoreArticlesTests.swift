import Foundation
import Nascent
import TestSupport
import Testing

/// The code and the queries of `TheStore.md` and `RecipesForSQL.md`.
struct StoreArticlesTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("model.db")
  }

  /// Runs the page's queries by the stock `sqlite3`.
  private func checkQueries(of page: Page) throws {
    let queries = page.outputs(of: "sql")
    #expect(queries.count == page.blocks(in: "sql").count, "each query shows its output")
    for (query, output) in queries {
      let result = try ChildProcess.run("sqlite3", ["-header", path, query])
      #expect(result.errors.isEmpty, "\(query)")
      #expect(result.output == output, "\(query)")
    }
  }

  @Test func `The store's format prints what it shows`() async throws {
    let transcript = Transcript()
    func print(_ items: Any...) { transcript.print(items) }
    var graph = VariableGraph(seed: 3)
    try graph.declare("embedding", shape: [10_000, 64], initializer: .normal())
    try graph.declare("head/bias", shape: [10], dtype: .bfloat16, initializer: .zeros)
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()

    let store = try CheckpointStore(path: path, for: .read)
    for checkpoint in try store.checkpoints() {
      print("\(checkpoint.name): \(checkpoint.materialized) of \(checkpoint.variables) variables")
    }
    for variable in try store.variables(in: "initial") {
      print(variable.name, variable.scalarType, variable.shape, variable.byteCount, "bytes")
    }
    print(try store.slice(of: "embedding", elements: 600_000..<600_003))

    let page = try Page(article: "TheStore")
    #expect(transcript.text == page.output)
    try checkQueries(of: page)
  }

  @Test func `the queries of Recipes for SQL answer as they say`() async throws {
    var graph = VariableGraph(seed: 7)
    try graph.declare("encoder/kernel", shape: [64, 32], initializer: .heNormal())
    try graph.declare("encoder/bias", shape: [32], initializer: .zeros)
    try graph.declare("head/kernel", shape: [32, 10], initializer: .glorotUniform())

    let store = try CheckpointStore(path: path)
    let runtime = Runtime(graph: graph, store: store)
    _ = try await runtime.materialize(matching: ["encoder/*"])
    for step in 1...2 {
      try await runtime.update("encoder/bias", as: Float.self) { values in
        for index in values.indices { values[index] += 0.5 }
      }
      try await store.save(runtime, step: step, metrics: ["loss": 1 / Double(step)])
    }

    try checkQueries(of: Page(article: "RecipesForSQL"))
    // With the view beside them, the store's own tables are what they must be.
    #expect(try CheckpointStore(path: path, for: .read).verify().isIntact)
  }
}
