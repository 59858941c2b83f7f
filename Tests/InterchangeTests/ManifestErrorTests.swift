import Foundation
import Initializers
import Interchange
import Testing
import VariableGraph

/// Manifests that cannot be read: each with its whole message, none with a crash.
struct ManifestErrorTests {
  private func graph(_ text: String) throws -> VariableGraph {
    try GraphManifest(registry: .keras).graph(from: Data(text.utf8))
  }

  @Test(arguments: [
    (
      #"{"variables": 3}"#,
      """
      The manifest has 3 as variables, which must be a list.
      Correct it; the README shows a whole manifest.
      """
    ),
    (
      #"{"variables": [{"shape": [1]}]}"#,
      """
      The manifest has {"shape":[1]} as variable 0, which must be an object with a name.
      Correct it; the README shows a whole manifest.
      """
    ),
    (
      #"{"variables": [{"name": "v", "shape": [1.5], "initializer": "zeros"}]}"#,
      """
      The manifest has 1.5 as the shape of "v", which must be a 64-bit integer.
      Correct it; the README shows a whole manifest.
      """
    ),
    (
      #"{"format": "nascent.graph/9", "variables": []}"#,
      """
      The manifest has the format "nascent.graph/9"; this version reads "nascent.graph/1".
      Use a newer version of Nascent, or correct the format.
      """
    ),
    (
      #"{"variables": [], "tied": [["a", "b"], ["b", "a"]]}"#,
      """
      The manifest ties "a" to "b", "b" to "a", and the second name of a pair is no variable.
      Declare the variable, or remove the pair.
      """
    ),
    (
      #"{"variables": [{"name": "a", "shape": [1]}, {"name": "b", "shape": [1]}]}"#,
      """
      2 variables: "a", "b" have no initializer, and no rule matches.
      Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
      """
    ),
  ])
  func `a wrong manifest is refused`(text: String, message: String) {
    #expect {
      try graph(text)
    } throws: { error in
      "\(error)" == message
    }
  }

  @Test(arguments: [
    "", "{", "[]", "nul", String(repeating: "[", count: 100_000),
    #"{"variables": [{"name": "v", "shape": [9223372036854775808], "initializer": "zeros"}]}"#,
    #"{"variables": [{"name": "v", "shape": [4611686018427387904, 4], "initializer": "ones"}]}"#,
    #"{"variables": [{"name": "v", "shape": [1e300], "initializer": "zeros"}]}"#,
    #"{"variables": [{"name": "a\u0000b", "shape": [1], "initializer": "zeros"}]}"#,
    #"{"seed": 9223372036854775808, "variables": []}"#,
    #"{"variables": [{"name": "v", "shape": [1], "dtype": "float8", "initializer": "zeros"}]}"#,
    #"{"variables": [{"name": "v", "shape": [1], "initializer": {"class_name": 3}}]}"#,
    #"{"variables": [], "rules": [{"match": 1}]}"#,
  ])
  func `hostile text throws`(text: String) {
    #expect(throws: (any Error).self) { try graph(text) }
  }

  @Test func `a manifest reads back as an equal graph`() throws {
    let text = """
      {"seed": -5, "tied": [["c", "b"], ["b", "a"]], "rules": [{"match": "a*", "initializer": "ones"}],
       "variables": [{"name": "a", "shape": [2, 3], "kind": "parameter"},
        {"name": "d", "shape": [], "dtype": "bfloat16", "initializer": {"class_name": "HeNormal"}}]}
      """
    let first = try graph(text)
    #expect(first.aliases.map(\.target) == ["a", "a"])
    #expect(first["a"]?.metadata == ["kind": "parameter"])
    let manifest = GraphManifest(registry: .keras)
    let second = try manifest.graph(from: manifest.data(from: first))
    #expect(second.fingerprint() == first.fingerprint())
    #expect(second.seed == -5)
    #expect(second["a"]?.metadata == first["a"]?.metadata)
  }

  @Test func `rules of a file go before the manifest's`() throws {
    let manifest = GraphManifest(registry: .keras)
    let rules = try manifest.rules(
      from: Data(#"{"rules": [{"match": "*", "initializer": "zeros"}]}"#.utf8))
    let text = #"{"variables": [{"name": "v", "shape": [1]}], "rules": [{"match": "*", "#
    let graph = try manifest.graph(
      from: Data((text + #""initializer": "ones"}]}"#).utf8), rules: rules, seed: 9)
    #expect(graph["v"]?.initializer.configuration.className == "Zeros")
    #expect(graph.seed == 9)
  }
}
