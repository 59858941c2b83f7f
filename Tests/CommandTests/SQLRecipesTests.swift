import Foundation
import Nascent
import TestSupport
import Testing

/// Every query of `Docs/SQL.md`, run by the sqlite3 program against stores whose values are known.
struct SQLRecipesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The query below each heading, in order.
  private func recipes() throws -> [(title: String, query: String)] {
    let url = ProjectFiles.root.appending(path: "Docs/SQL.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    return text.components(separatedBy: "\n### ").dropFirst().compactMap { section in
      guard let title = section.split(separator: "\n").first,
        let start = section.range(of: "```sql\n"),
        let end = section.range(of: "\n```", range: start.upperBound..<section.endIndex)
      else { return nil }
      return (String(title), String(section[start.upperBound..<end.lowerBound]))
    }
  }

  private static func graph(seed: Int64, isOther: Bool = false) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.declare("encoder/kernel", shape: [100, 50], initializer: .heUniform(seed: 7))
    try graph.declare("encoder/bias", shape: [50], initializer: .zeros)
    try graph.declare("encoder/norm", shape: [10], initializer: .zeros)
    try graph.declare("head/kernel", shape: [50, 10], initializer: .glorotUniform())
    try graph.declare("head/bias", shape: [10], initializer: .zeros)
    try graph.declare(isOther ? "extra" : "scale", shape: [], initializer: .ones)
    try graph.tie("tied", to: "encoder/kernel")
    return graph
  }

  /// A first step of tame values, and a second with a dead, an exploding and a broken tensor.
  private func train(_ path: String) async throws {
    let store = try CheckpointStore(path: path)
    let runtime = Runtime(graph: try Self.graph(seed: 1), store: store)
    _ = try await runtime.materialize()
    try await runtime.update("encoder/kernel", as: Float.self) { values in
      for index in values.indices { values[index] = index.isMultiple(of: 2) ? 0.25 : -0.25 }
    }
    try await runtime.update("head/kernel", as: Float.self) { values in
      for index in values.indices { values[index] = 0.5 }
    }
    try await runtime.update("head/bias", as: Float.self) { values in
      for index in values.indices { values[index] = 0.25 * Float(index) }
    }
    _ = try await store.save(runtime, step: 1, metrics: ["loss": 0.5])
    try await runtime.update("encoder/kernel", as: Float.self) { values in
      for index in values.indices { values[index] = 0 }
    }
    try await runtime.update("head/kernel", as: Float.self) { $0[7] = 4096 }
    try await runtime.update("head/bias", as: Float.self) { $0[3] = .nan }
    _ = try await store.save(runtime, step: 2, metrics: ["loss": 0.75])
  }

  private static let expected: [String: String] = [
    "What has no value yet": """
    initial|head/kernel|[50,10]|float32
    initial|head/bias|[10]|float32
    initial|scale|[]|float32
    """,
    "The largest variables": """
    encoder/kernel|[100,50]|float32|20000|89.8
    head/kernel|[50,10]|float32|2000|9.0
    encoder/bias|[50]|float32|200|0.9
    encoder/norm|[10]|float32|40|0.2
    head/bias|[10]|float32|40|0.2
    scale|[]|float32|4|0.0
    """,
    "Bytes by module": """
    encoder|3|20240
    head|2|2040
    scale|1|4
    """,
    "Which initializers, and which seeds": """
    GlorotUniform||head/kernel
    HeUniform|7|encoder/kernel
    Ones||scale
    Zeros||encoder/bias, encoder/norm, head/bias
    """,
    "Variables of equal bytes": "float32|40|encoder/norm, head/bias",
    "What runs made": "initial|6|0|0|0|0|0",
    "What changed between two steps": """
    encoder/kernel|0.0|0.0
    head/bias|0.041667|1.038
    head/kernel|8.191|
    """,
    "Dead and exploding tensors": """
    step-1|head/kernel|dead: all values are 0.5
    step-2|encoder/kernel|dead: all values are 0.0
    step-2|head/bias|1 values are not finite
    step-2|head/kernel|exploding: up to 4096.0
    """,
    "How a variable moves": """
    1|1.125|0.71807
    2|1.166667|0.745356
    """,
    "The best step": "step-1|1|0.5",
    "What differs between two stores": """
    extra|only there
    head/kernel|declared otherwise
    scale|only here
    """,
    "Some elements": """
    1|0.25
    2|0.5
    3|0.75
    """,
    "The largest elements of a matrix": "0|7|4096.0",
    "Statistics of each column": "7|50|4096.0",
    "A histogram": """
    0.0|1
    0.2|1
    0.5|1
    0.7|1
    1.0|1
    1.2|1
    1.5|1
    1.7|1
    2.0|1
    2.2|1
    """,
    "The first element that differs": "7|0.5|4096.0",
  ]

  @Test func `every documented query gives what the store was made with`() async throws {
    let (store, other, part) = (folder.path("s.db"), folder.path("other.db"), folder.path("p.db"))
    try await train(store)
    _ = try await Runtime(
      graph: try Self.graph(seed: 2, isOther: true), store: try CheckpointStore(path: other)
    ).materialize()
    _ = try await Runtime(
      graph: try Self.graph(seed: 1), store: try CheckpointStore(path: part)
    ).materialize(matching: ["encoder/*"])
    let recipes = try recipes()
    #expect(Set(recipes.map(\.title)) == Set(Self.expected.keys))
    for recipe in recipes {
      let query = recipe.query.replacing("'other.db'", with: "'\(other)'")
      let result = try ChildProcess.run(
        "sqlite3",
        [
          recipe.title == "What has no value yet" ? part : store,
          ".load \(StoreExtension.path)", query,
        ])
      #expect(result.errors == "", "\(recipe.title)")
      #expect(result.output == (Self.expected[recipe.title] ?? "") + "\n", "\(recipe.title)")
    }
  }
}
