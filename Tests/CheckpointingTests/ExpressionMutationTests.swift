import Foundation
import Nascent
import TestSupport
import Testing

/// Each field of a graph of expressions is changed alone; exactly what is changed and what reads it, near
/// or far, is remade, and says why.
struct ExpressionMutationTests {
  struct Mutation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A text of the manifest and what stands there instead.
    let change: (String, String)
    /// What is remade, and the reason without "remade: ".
    let remade: [String: String]
    var added: Set<String> = []
    var removed: Set<String> = []
  }

  /// `slot` has the shape of `weight` and not its values; `head` reads `sum`, which reads two.
  static let manifest = """
    {"seed": 1, "variables": [
      {"name": "weight", "shape": [3, 4], "initializer": {"class_name": "HeUniform", "config": {"seed": 7}}},
      {"name": "offset", "shape": [3, 4], "initializer": {"class_name": "Constant", "config": {"value": 2}}},
      {"name": "alone", "shape": [3], "initializer": "random_normal"},
      {"name": "sum", "expression": {"op": "add", "of": ["weight", "offset"]}},
      {"name": "head", "expression": {"op": "transpose", "of": "sum"}},
      {"name": "half", "expression": {"op": "cast", "of": "weight", "dtype": "float16"}},
      {"name": "slot", "expression": {"op": "zeros_like", "of": "weight"}}
    ], "tied": [["tied", "head"]]}
    """

  static let mutations = [
    Mutation(testDescription: "nothing", change: ("", ""), remade: [:]),
    Mutation(
      testDescription: "seed of an input", change: (#""seed": 7"#, #""seed": 8"#),
      remade: [
        "weight": """
        initializer changed from {"class_name":"HeUniform","config":{"seed":7}} to \
        {"class_name":"HeUniform","config":{"seed":8}}
        """,
        "sum": "it reads weight, which changed", "head": "it reads sum, which changed",
        "half": "it reads weight, which changed",
      ]),
    Mutation(
      testDescription: "value of the other input", change: (#""value": 2"#, #""value": 3"#),
      remade: [
        "offset": """
        initializer changed from {"class_name":"Constant","config":{"value":2.0}} to \
        {"class_name":"Constant","config":{"value":3.0}}
        """,
        "sum": "it reads offset, which changed", "head": "it reads sum, which changed",
      ]),
    Mutation(
      testDescription: "operation", change: (#""op": "add""#, #""op": "multiply""#),
      remade: [
        "sum": """
        initializer changed from \
        {"class_name":"Expression","config":{"expression":{"of":["weight","offset"],"op":"add"}}} to \
        {"class_name":"Expression","config":{"expression":{"of":["weight","offset"],"op":"multiply"}}}
        """,
        "head": "it reads sum, which changed",
      ]),
    Mutation(
      testDescription: "parameter of an operation",
      change: (#""dtype": "float16""#, #""dtype": "bfloat16""#),
      remade: [
        "half": """
        dtype changed from float16 to bfloat16; initializer changed from \
        {"class_name":"Expression","config":{"expression":{"dtype":"float16","of":["weight"],"op":"cast"}}} \
        to {"class_name":"Expression","config":{"expression":{"dtype":"bfloat16","of":["weight"],"op":"cast"}}}
        """
      ]),
    Mutation(
      testDescription: "the graph's seed", change: (#""seed": 1"#, #""seed": 2"#),
      remade: ["alone": "graph seed changed from 1 to 2"]),
    Mutation(
      testDescription: "name of an expression that nobody reads",
      change: (#""name": "slot""#, #""name": "moment""#), remade: [:], added: ["moment"],
      removed: ["slot"]),
    Mutation(
      testDescription: "a comment of an input",
      change: (#""shape": [3, 4], "#, #""shape": [3, 4], "note": 1, "#),
      remade: [:]),
    Mutation(
      testDescription: "an unrelated variable before all",
      change: (
        #"{"name": "weight""#,
        #"{"name": "new", "shape": [2], "initializer": "ones"}, {"name": "weight""#
      ),
      remade: [:], added: ["new"]),
  ]

  @Test func `each field alone remakes exactly what it is and what reads it`() async throws {
    let reader = GraphManifest(registry: .standard)
    var table: [String] = []
    for mutation in Self.mutations {
      let folder = try TemporaryFolder()
      let store = try CheckpointStore(path: folder.path("s.db"))
      let base = try reader.graph(from: Data(Self.manifest.utf8))
      _ = try await Runtime(graph: base, store: store).materialize()
      let text =
        mutation.change.0.isEmpty
        ? Self.manifest
        : Self.manifest.replacingOccurrences(of: mutation.change.0, with: mutation.change.1)
      let graph = try reader.graph(from: Data(text.utf8))
      let plan = try store.plan(graph)
      let report = try await Runtime(graph: graph, store: store).materialize()
      let comment = Comment(rawValue: mutation.testDescription)
      #expect(plan.decisions.map(\.reason) == report.outcomes.map(\.reason), comment)
      let remade = report.outcomes.filter { $0.action == .replaced }
      #expect(
        Dictionary(uniqueKeysWithValues: remade.map { ($0.name, $0.reason) })
          == mutation.remade.mapValues { "remade: \($0)" }, comment)
      let new = report.outcomes.filter { $0.action == .materialized }
      #expect(Set(new.map(\.name)) == mutation.added, comment)
      #expect(Set(report.removed) == mutation.removed, comment)
      let values = try await Runtime(graph: graph).materialize()
      #expect(
        values.outcomes.map(\.digest)
          == report.outcomes.filter { $0.action != .aliased }.map(\.digest), comment)
      table.append("\(mutation.testDescription) | \(remade.map(\.name).joined(separator: ", "))")
    }
    print(
      (["expressions: \(table.count) mutations", "MUTATION | REMADE OF 7"] + table).joined(
        separator: "\n"))
  }
}
