import Foundation
import Initializers
import Interchange
import Tensors
import Testing
import VariableGraph

struct GraphManifestTests {
  private let manifest = GraphManifest(registry: .keras)

  private func read(_ text: String) throws -> VariableGraph {
    try manifest.graph(from: Data(text.utf8))
  }

  private func failure(_ text: String) -> ManifestError? {
    #expect(throws: ManifestError.self) { try read(text) }
  }

  /// A manifest of one variable with these members.
  private func variable(_ members: String) -> String { "{\"variables\": [{\(members)}]}" }

  private let whole = """
    {"format": "nascent.graph/1", "seed": 42, "dialect": "tensorflow",
     "rules": [{"match": "*bias", "initializer": "zeros"}],
     "variables": [
      {"name": "dense/kernel", "shape": [784, 128], "dtype": "bfloat16", "kind": "weight",
       "initializer": {"class_name": "HeUniform", "config": {"seed": 7}}},
      {"name": "dense/bias", "shape": [128], "extra": {"a": [1, null]}},
      {"name": "scale", "shape": [], "initializer": "ones"}],
     "tied": [["b", "a"], ["a", "scale"]]}
    """

  @Test func `a whole manifest is read`() throws {
    let graph = try read(whole)
    #expect(graph.seed == 42)
    #expect(graph.dialect == .tensorFlow)
    #expect(
      graph.description == """
        Variable "dense/kernel" shape=(784, 128) dtype=bfloat16 initializer=HeUniform(seed=7)
        Variable "dense/bias" shape=(128,) dtype=float32 initializer=Zeros()
        Variable "scale" shape=() dtype=float32 initializer=Ones()
        Alias "a" of "scale"
        Alias "b" of "scale"
        """)
  }

  @Test func `unknown keys are kept as metadata`() throws {
    let graph = try read(whole)
    #expect(graph.variables[0].metadata == ["kind": "weight"])
    #expect(graph.variables[1].metadata == ["extra": ["a": [1, nil]]])
    #expect(graph.variables[2].metadata == [:])
  }

  @Test func `a manifest that is read and written reads as an equal graph`() throws {
    let first = try read(whole)
    let second = try manifest.graph(from: manifest.data(from: first))
    #expect(second.fingerprint() == first.fingerprint())
    #expect(second.variables.map(\.metadata) == first.variables.map(\.metadata))
    #expect(second.variables.map(\.name) == first.variables.map(\.name))
    #expect(second.seed == first.seed)
    #expect(manifest.data(from: second) == manifest.data(from: first))
  }

  @Test func `a graph that is written reads as an equal graph`() throws {
    var graph = VariableGraph(seed: .min)
    try graph.declare("q\"\\ü😀", shape: [2, 3], dtype: .float16, initializer: .orthogonal())
    try graph.declare("u", shape: [0], initializer: .uniform(in: -0.1..<1e-9, seed: .max))
    try graph.declare("n", shape: [4], dtype: .float64, initializer: .normal(mean: 0.1))
    try graph.declare("c", shape: [2, 2], dtype: .int64, initializer: .constant(-3))
    try graph.declare("i", shape: [2, 2], initializer: .identity(gain: 2))
    try graph.declare("f", shape: [], dtype: .bool, initializer: .ones)
    try graph.tie("t", to: "u")
    let back = try manifest.graph(from: manifest.data(from: graph))
    #expect(back.fingerprint() == graph.fingerprint())
    #expect(back.description == graph.description)
  }

  @Test(
    arguments: [
      -0.0, .infinity, -.infinity, .nan, 1e300, .leastNonzeroMagnitude,
    ] as [Double])
  func `a graph with any constant reads as an equal graph`(value: Double) throws {
    var graph = VariableGraph()
    try graph.declare("c", shape: [2], dtype: .float64, initializer: .constant(value))
    let back = try manifest.graph(from: manifest.data(from: graph))
    #expect(back.fingerprint() == graph.fingerprint())
  }

  @Test func `an empty graph is written and read`() throws {
    let back = try manifest.graph(from: manifest.data(from: VariableGraph(seed: 5)))
    #expect(back.variables.isEmpty)
    #expect(back.seed == 5)
  }

  @Test(arguments: [#"{"variables": []}"#, #"{"format": null, "seed": null, "variables": []}"#])
  func `format, seed, dialect, rules and ties may be missing`(text: String) throws {
    let graph = try read(text)
    #expect(graph.seed == 0)
    #expect(graph.dialect == .tensorFlow)
  }

  @Test func `a missing dtype is float32 and a null initializer is missing`() throws {
    let graph = try read(
      """
      {"rules": [{"match": "*", "initializer": "ones"}],
       "variables": [{"name": "a", "shape": [], "dtype": null, "initializer": null}]}
      """)
    #expect(graph.variables[0].scalarType == .float32)
    #expect(graph.variables[0].initializer.configuration.className == "Ones")
  }

  @Test func `given rules go before the manifest's own`() throws {
    let text = """
      {"rules": [{"match": "*", "initializer": "zeros"}],
       "variables": [{"name": "a", "shape": []}, {"name": "b", "shape": []},
        {"name": "c", "shape": [], "initializer": "he_normal"}]}
      """
    let rules = try manifest.rules(
      from: Data(#"{"rules": [{"match": "x*", "initializer": "ones"}]}"#.utf8))
    let list = try manifest.rules(from: Data(#"[{"match": "b", "initializer": "ones"}]"#.utf8))
    let graph = try manifest.graph(from: Data(text.utf8), rules: rules + list)
    #expect(
      graph.variables.map(\.initializer.configuration.className) == ["Zeros", "Ones", "HeNormal"])
  }

  @Test func `a given seed stands in place of the manifest's`() throws {
    #expect(try manifest.graph(from: Data(whole.utf8), seed: 7).seed == 7)
  }

  @Test func `all variables without an initializer are named at once`() {
    let error = #expect(throws: GraphError.self) {
      try read(
        """
        {"variables": [{"name": "a", "shape": []}, {"name": "b", "shape": [],
         "initializer": "zeros"}, {"name": "c", "shape": []}]}
        """)
    }
    #expect(error?.code == .missingInitializer)
    #expect(
      error?.message == """
        2 variables: "a", "c" have no initializer, and no rule matches.
        Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
        """)
  }

  @Test func `of many variables without an initializer 20 are named`() {
    let list = (0..<25).map { "{\"name\": \"v\($0)\", \"shape\": []}" }.joined(separator: ",")
    let error = #expect(throws: GraphError.self) { try read("{\"variables\": [\(list)]}") }
    let names = (0..<20).map { "\"v\($0)\"" }.joined(separator: ", ")
    #expect(
      error?.message == """
        25 variables: \(names) and 5 more have no initializer, and no rule matches.
        Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
        """)
  }

  @Test func `a wrong initializer is refused with the variable's name`() {
    let error = #expect(throws: InitializerError.self) {
      try read(
        variable(
          #""name": "k", "shape": [], "initializer": {"class_name": "Zeros", "config": {"a": 1}}"#))
    }
    #expect(error?.code == .invalidParameter)
    #expect(
      error?.message == """
        Cannot declare variable "k": Zeros has no parameter "a"; it has none.
        Remove it or correct its name.
        """)
  }

  @Test func `a field of the wrong form is refused`() {
    let error = failure(#"{"variables": {}}"#)
    #expect(error?.code == .malformed)
    #expect(
      error?.message == """
        The manifest has {} as variables, which must be a list.
        Correct it; the README shows a whole manifest.
        """)
    #expect(error?.description == error?.message)
  }

  @Test func `text that is not JSON is refused`() {
    let error = failure("x")
    #expect(error?.code == .malformed)
    #expect(
      error?.message == """
        The manifest is not JSON: no value begins so (byte 0).
        Check it with a JSON tool, such as `python3 -m json.tool FILE`.
        """)
  }

  @Test func `another format is refused`() {
    let error = failure(#"{"format": "nascent.graph/2", "variables": []}"#)
    #expect(error?.code == .unknownFormat)
    #expect(
      error?.message == """
        The manifest has the format "nascent.graph/2"; this version reads "nascent.graph/1".
        Use a newer version of Nascent, or correct the format.
        """)
  }

  @Test(arguments: [#"[["b", "nowhere"]]"#, #"[["b", "b"]]"#])
  func `a tie to no variable is refused`(tied: String) {
    let error = failure("{\"variables\": [], \"tied\": \(tied)}")
    #expect(error?.code == .unresolvedAlias)
  }

  @Test func `aliases in a circle are refused`() {
    let error = failure(#"{"variables": [], "tied": [["a", "b"], ["b", "a"]]}"#)
    #expect(error?.code == .unresolvedAlias)
    #expect(
      error?.message == """
        The manifest ties "a" to "b", "b" to "a", and the second name of a pair is no variable.
        Declare the variable, or remove the pair.
        """)
  }

  @Test(arguments: [
    "", "{", "\u{0}", "[", "{\"variables\": [}", "nul", "\u{feff}", "{\"variables\"",
    String(repeating: "[", count: 100_000),
    String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000),
    String(repeating: "{\"a\":", count: 100_000) + "1" + String(repeating: "}", count: 100_000),
    "{\"variables\": [], \"x\": 1e400}",
  ])
  func `what is not JSON, or too deep, throws`(text: String) {
    let error = failure(text)
    #expect(error?.code == .malformed)
    #expect((error?.message.utf8.count ?? 0) < 1000)
    #expect(error?.message.contains("..") == false)
  }

  @Test(arguments: [100, 250, 500])
  func `deep values that JSON allows are read or refused`(depth: Int) {
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    for text in [deep, "{\"variables\": \(deep)}", variable("\"name\": \(deep)")] {
      #expect(throws: ManifestError.self) { try read(text) }
    }
  }

  @Test(arguments: [
    "[]", "7", "null", "{}", #"{"variables": null}"#, #"{"variables": [7]}"#,
    #"{"variables": [{}]}"#, #"{"variables": [{"name": 7, "shape": []}]}"#,
    #"{"variables": [], "tied": [["a"]]}"#, #"{"variables": [], "tied": [["a", 7]]}"#,
    #"{"variables": [], "tied": {}}"#, #"{"variables": [], "rules": [{"match": "*"}]}"#,
    #"{"variables": [], "rules": [7]}"#, #"{"variables": [], "dialect": 7}"#,
    #"{"variables": [], "seed": "7"}"#, #"{"variables": [], "seed": 9223372036854775808}"#,
    #"{"variables": [], "seed": 1.5}"#,
  ])
  func `a manifest of another form throws`(text: String) {
    #expect(failure(text)?.code == .malformed)
  }

  @Test(arguments: [
    "[2.5]", "[1e300]", "[1e18, 1e300]", "[\"2\"]", "[true]", "7", "null",
  ])
  func `a shape that is no list of integers throws`(shape: String) {
    let error = failure(variable("\"name\": \"a\", \"shape\": \(shape)"))
    #expect(error?.code == .malformed)
  }

  @Test func `a missing shape and an unknown dtype throw`() {
    #expect(failure(variable(#""name": "a""#))?.code == .malformed)
    let error = failure(variable(#""name": "a", "shape": [], "dtype": "float8""#))
    #expect(
      error?.message == """
        The manifest has "float8" as the dtype of "a", which must be one of float16, bfloat16, \
        float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, bool.
        Correct it; the README shows a whole manifest.
        """)
  }

  @Test(arguments: [
    "[-1]", "[-9223372036854775808]", "[4611686018427387904, 2]", "[4611686018427387904]",
    "[9223372036854775807]", "[0, 4611686018427387904, 4]",
  ])
  func `sizes that are no shape throw`(shape: String) {
    let error = #expect(throws: GraphError.self) {
      try read(variable("\"name\": \"a\", \"shape\": \(shape), \"initializer\": \"zeros\""))
    }
    #expect(error?.code == .invalidShape)
  }

  @Test(arguments: [#"a\u0000b"#, "", #"a\n"#, String(repeating: "x", count: 1 << 20)])
  func `names that are none throw with a short message`(name: String) {
    let error = #expect(throws: GraphError.self) {
      try read(variable("\"name\": \"\(name)\", \"shape\": [], \"initializer\": \"zeros\""))
    }
    #expect(error?.code == .malformedName)
    #expect((error?.message.utf8.count ?? 0) < 1000)
  }

  @Test func `a name of 1 MiB is cut in every message`() {
    let name = String(repeating: "x", count: 1 << 20)
    let wrong = #expect(throws: (any Error).self) {
      try read(variable("\"name\": \"\(name)\", \"shape\": [], \"initializer\": \"nothing\""))
    }
    #expect("\(wrong.map { "\($0)" } ?? "")".utf8.count < 2000)
    let tied = failure("{\"variables\": [], \"tied\": [[\"\(name)\", \"a\"]]}")
    #expect((tied?.message.utf8.count ?? 0) < 2000)
  }

  @Test func `an unknown dialect throws`() {
    let error = #expect(throws: GraphError.self) {
      try read(#"{"variables": [], "dialect": "caffe"}"#)
    }
    #expect(error?.code == .unknownDialect)
  }

  @Test func `a long chain of ties is read in any order`() throws {
    let pairs = (1...1000).reversed().map { "[\"a\($0)\", \"a\($0 - 1)\"]" }
    let graph = try read(
      """
      {"variables": [{"name": "a0", "shape": [], "initializer": "zeros"}],
       "tied": [\(pairs.joined(separator: ","))]}
      """)
    #expect(graph.aliases.count == 1000)
    #expect(graph["a1000"]?.name == "a0")
  }

  private let derived = """
    {"seed": 3, "variables": [
      {"name": "w", "shape": [null, 4], "initializer": "he_uniform", "kind": "weight"},
      {"name": "b", "shape": [4], "initializer": "zeros"},
      {"name": "t", "expression": {"op": "transpose", "of": "w"}, "kind": "head"},
      {"name": "b2", "shape": [4], "dtype": "float32",
       "expression": {"op": "add", "of": ["b", {"constant": [1, 2, 3, 4]}]}}],
     "tied": [["again", "head"], ["head", "w"]]}
    """

  @Test func `expressions and unknown sizes are read and written`() throws {
    let graph = try read(derived)
    #expect(graph.variables.map(\.name) == ["b", "b2"])
    #expect(graph.unbound.map(\.name) == ["w", "t"])
    #expect(graph.unbound.map(\.metadata) == [["kind": "weight"], ["kind": "head"]])
    let written = manifest.data(from: graph)
    #expect(
      String(decoding: written, as: UTF8.self) == """
        {"format": "nascent.graph/1", "seed": 3,
         "dialect": "tensorflow", "variables": [
          {"dtype":"float32","initializer":{"class_name":"HeUniform","config":{"seed":null}},\
        "kind":"weight","name":"w","shape":[null,4]},
          {"dtype":"float32","initializer":{"class_name":"Zeros","config":{}},"name":"b","shape":[4]},
          {"expression":{"of":["w"],"op":"transpose"},"kind":"head","name":"t"},
          {"dtype":"float32","expression":{"of":["b",{"constant":[1.0,2.0,3.0,4.0],\
        "dtype":"float32"}],"op":"add"},"name":"b2","shape":[4]}
         ], "tied": [["head","w"],["again","w"]]}

        """)
    #expect(try manifest.data(from: manifest.graph(from: written)) == written)
  }

  @Test func `bindings stand for the sizes that the manifest leaves open`() throws {
    let graph = try manifest.graph(from: Data(derived.utf8), bindings: [("w", [3, 4])])
    let known = try read(derived.replacing("[null, 4]", with: "[3, 4]"))
    #expect(graph.description == known.description && graph.unbound.isEmpty)
    #expect(graph.fingerprint() == known.fingerprint())
    #expect(graph["again"]?.name == "w" && graph["t"]?.shape.dimensions == [4, 3])
    for (name, shape, code) in [
      ("w", [3, 5], GraphError.Code.unsuitableBinding), ("b", [4], .alreadyBound),
      ("x", [4], .unknownVariable),
    ] {
      do {
        _ = try manifest.graph(from: Data(derived.utf8), bindings: [(name, shape)])
        Issue.record("nothing was thrown")
      } catch let error as GraphError {
        #expect(error.code == code)
      }
    }
  }

  @Test(arguments: [
    (
      #""name": "e", "expression": {"op": "transpose", "of": "nothing"}"#,
      """
      There is no variable "nothing" in the graph.
      Declare it first, or correct the name.
      """
    ),
    (
      #""name": "e", "expression": {"constant": [1, 2]}, "shape": [3]"#,
      """
      Cannot declare variable "e": The expression has shape [2], declared is [3].
      Leave the shape out, or correct one of the two.
      """
    ),
    (
      #""name": "e", "expression": {"constant": [1, 2]}, "dtype": "float16""#,
      """
      Cannot declare variable "e": The expression has dtype float32, declared is float16.
      Leave the dtype out, or correct one of the two.
      """
    ),
    (
      #""name": "e", "expression": 7"#,
      """
      Cannot declare variable "e": 7 is not an expression.
      Write an expression as {"op": "add", "of": ["a", "b"]}; Docs/Expressions.md lists the operations.
      """
    ),
    (
      #""name": "e", "expression": {"constant": 1}, "initializer": "zeros""#,
      """
      The manifest has "zeros" as the initializer of "e", which must be absent, because there is an \
      expression.
      Correct it; the README shows a whole manifest.
      """
    ),
  ])
  func `an expression that cannot be declared is refused`(members: String, message: String) {
    #expect {
      try read(variable(members))
    } throws: { "\($0)" == message }
  }
}
