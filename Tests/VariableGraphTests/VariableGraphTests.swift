import Initializers
import RandomSampling
import Tensors
import Testing
import VariableGraph

struct VariableGraphTests {
  private func graph(_ names: String...) throws -> VariableGraph {
    var graph = VariableGraph(seed: 42)
    for name in names { try graph.declare(name, shape: [2], initializer: .zeros) }
    return graph
  }

  private func refusal(_ graph: inout VariableGraph, _ name: String) -> GraphError? {
    #expect(throws: GraphError.self) {
      try graph.declare(name, shape: [2], initializer: .zeros)
    }
  }

  @Test func `a declared variable has what was declared`() throws {
    var graph = VariableGraph()
    let variable = try graph.declare(
      "kernel", shape: [3, 3], dtype: .float64, initializer: .heUniform(seed: 7),
      metadata: ["kind": "weight"])
    #expect(variable.name == "kernel")
    #expect(variable.shape == (try Shape([3, 3])))
    #expect(variable.scalarType == .float64)
    #expect(variable.byteCount == 72)
    #expect(variable.metadata == ["kind": "weight"])
    #expect(graph.byteCount == 72)
    #expect(graph.elementCount == 9)
  }

  @Test func `a variable prints as the reference prints it`() throws {
    var graph = VariableGraph()
    let variable = try graph.declare("kernel", shape: [3, 3], initializer: .heUniform(seed: 7))
    #expect(
      variable.description
        == #"Variable "kernel" shape=(3, 3) dtype=float32 initializer=HeUniform(seed=7)"#)
  }

  @Test func `a graph prints a line for each variable and alias`() throws {
    var graph = try graph("b", "a")
    try graph.tie("c", to: "a")
    #expect(
      graph.description == """
        Variable "b" shape=(2,) dtype=float32 initializer=Zeros()
        Variable "a" shape=(2,) dtype=float32 initializer=Zeros()
        Alias "c" of "a"
        """)
  }

  @Test func `scopes nest and end`() throws {
    var graph = VariableGraph()
    let result = try graph.scope("model") { graph in
      _ = try graph.scope("dense") { try $0.declare("kernel", shape: [2], initializer: .zeros) }
      try graph.declare("scale", shape: [], initializer: .ones)
      return 7
    }
    try graph.declare("step", shape: [], dtype: .int64, initializer: .zeros)
    #expect(result == 7)
    #expect(graph.variables.map(\.name) == ["model/dense/kernel", "model/scale", "step"])
  }

  @Test func `a scope ends where its body throws`() throws {
    var graph = VariableGraph()
    #expect(throws: GraphError.self) {
      try graph.scope("a") { try $0.declare("", shape: [], initializer: .zeros) }
    }
    try graph.declare("b", shape: [], initializer: .zeros)
    #expect(graph.variables.map(\.name) == ["b"])
  }

  @Test func `a graph can separate its scopes with dots`() throws {
    var graph = VariableGraph(separator: ".")
    try graph.scope("h") { graph in
      try graph.scope("0") { _ = try $0.declare("weight", shape: [1], initializer: .ones) }
    }
    #expect(graph["h.0.weight"] != nil)
  }

  @Test func `a tie inside a scope takes a name of the scope and a full target`() throws {
    var graph = try graph("wte")
    try graph.scope("head") { try $0.tie("weight", to: "wte") }
    #expect(graph["head/weight"]?.name == "wte")
  }

  @Test func `an alias of an alias stands for the variable`() throws {
    var graph = try graph("a")
    try graph.tie("b", to: "a")
    try graph.tie("c", to: "b")
    #expect(graph.aliases.map(\.target) == ["a", "a"])
    #expect(graph["c"]?.name == "a")
    #expect(try graph.variable(named: "c").name == "a")
    #expect(graph.variables.count == 1)
    #expect(graph.byteCount == 8)
  }

  @Test func `the first rule that matches counts`() throws {
    var graph = VariableGraph(rules: [
      InitializerRule("*bias", .zeros), InitializerRule("a/*", .ones),
      InitializerRule("*", .heUniform()),
    ])
    #expect(try graph.declare("a/bias", shape: [1]).initializer.configuration.className == "Zeros")
    #expect(try graph.declare("a/scale", shape: [1]).initializer.configuration.className == "Ones")
    #expect(
      try graph.declare("b/kernel", shape: [1]).initializer.configuration.className == "HeUniform")
  }

  @Test func `rules see the full name and leave given initializers alone`() throws {
    var graph = VariableGraph(rules: [InitializerRule("a/b", .ones)])
    let ruled = try graph.scope("a") { try $0.declare("b", shape: [1]) }
    let given = try graph.scope("c") { try $0.declare("b", shape: [1], initializer: .zeros) }
    #expect(ruled.initializer.configuration.className == "Ones")
    #expect(given.initializer.configuration.className == "Zeros")
  }

  @Test func `patterns find variables by name and alias, once and in order`() throws {
    var graph = try graph("a/w", "b/w", "a/b")
    try graph.tie("head", to: "b/w")
    #expect(graph.variables(matching: ["a/*"]).map(\.name) == ["a/w", "a/b"])
    #expect(graph.variables(matching: ["head", "*w"]).map(\.name) == ["a/w", "b/w"])
    #expect(graph.variables(matching: []).isEmpty)
  }

  /// The pair for (42, "dense/kernel") is that of `SeedDerivationTests`.
  @Test func `a variable is filled from its own seed or the graph's`() throws {
    var graph = VariableGraph(seed: 42)
    let own = try graph.declare("own", shape: [1], initializer: .uniform(seed: -1))
    let drawn = try graph.declare("dense/kernel", shape: [1], initializer: .uniform())
    let none = try graph.declare("none", shape: [1], initializer: .zeros)
    #expect(graph.seedPair(for: own) == SeedPair(.max, 0))
    #expect(graph.seedPair(for: drawn) == SeedPair(0x3803_55d5_9920_d052, 0x3026_eb17_4a56_a78c))
    #expect(graph.seedPair(for: none) == SeedPair(0, 0))
    #expect(graph.fillTarget(for: own).name == "own")
  }

  @Test func `a duplicate name is refused and the graph is unchanged`() throws {
    var graph = try graph("a", "dense/kernel")
    let before = (graph.fingerprint(), graph.byteCount, graph.description)
    let error = refusal(&graph, "dense/kernel")
    #expect(error?.code == .duplicateName)
    #expect(
      error?.message == """
        Cannot declare variable "dense/kernel": the name is already taken by variable 1 \
        (float32 [2]).
        Choose another name, or read the existing variable with graph["dense/kernel"].
        """)
    #expect(before == (graph.fingerprint(), graph.byteCount, graph.description))
  }

  @Test func `the name of an alias is taken`() throws {
    var graph = try graph("a")
    try graph.tie("b", to: "a")
    let error = refusal(&graph, "b")
    #expect(error?.code == .duplicateName)
    #expect(
      error?.message == """
        Cannot declare variable "b": the name is already taken by an alias of "a".
        Choose another name, or read the existing variable with graph["b"].
        """)
    #expect(throws: GraphError.self) { try graph.tie("a", to: "a") }
    #expect(graph.aliases.count == 1)
  }

  @Test(arguments: [
    ("", #""""#, "is empty"),
    ("a\u{0}b", #""a\u0000b""#, "has the control character U+0000"),
    ("a\u{85}", "\"a\u{85}\"", "has the control character U+0085"),
    ("a\u{2028}b", "\"a\u{2028}b\"", "has the control character U+2028"),
    (" a", #"" a""#, "begins or ends with a space"),
    ("a ", #""a ""#, "begins or ends with a space"),
    ("/a", #""/a""#, "has an empty part between slashes"),
    ("a/", #""a/""#, "has an empty part between slashes"),
    ("a//b", #""a//b""#, "has an empty part between slashes"),
    (
      String(repeating: "x", count: 1025), "\"\(String(repeating: "x", count: 80))…\"",
      "has 1025 bytes"
    ),
  ])
  func `a malformed name is refused with its reason`(name: String, shown: String, reason: String) {
    var graph = VariableGraph()
    let error = refusal(&graph, name)
    #expect(error?.code == .malformedName)
    #expect(
      error?.message == """
        Cannot declare variable \(shown): its name \(reason).
        Names have 1 to 1024 bytes of UTF-8, no control characters, no space at either end, and \
        no empty part between slashes.
        """)
    #expect(graph.variables.isEmpty)
  }

  @Test(arguments: ["a", "größe/核", "layer.0.weight:0", "a b", String(repeating: "x", count: 1024)])
  func `a name of other characters is accepted`(name: String) throws {
    #expect(try graph(name)[name]?.name == name)
  }

  @Test func `a shape that is none is refused`() {
    var graph = VariableGraph()
    let error = #expect(throws: GraphError.self) {
      try graph.declare("k", shape: [-1], initializer: .zeros)
    }
    #expect(error?.code == .invalidShape)
    #expect(
      error?.message == """
        Cannot declare variable "k": Shape [-1] has the negative size -1 at axis 0.
        Give every axis a size of 0 or more.
        """)
    #expect((error?.cause as? TensorError)?.code == .negativeDimension)
  }

  @Test(arguments: [[1 << 62, 2], [1 << 62]])
  func `a shape of too many elements or bytes is refused`(shape: [Int]) {
    var graph = VariableGraph()
    let error = #expect(throws: GraphError.self) {
      try graph.declare("k", shape: shape, initializer: .zeros)
    }
    #expect(error?.code == .invalidShape)
    #expect((error?.cause as? TensorError)?.code == .tooLarge)
  }

  @Test func `an initializer that cannot fill the variable is refused`() {
    var graph = VariableGraph()
    let error = #expect(throws: GraphError.self) {
      try graph.declare("k", shape: [2], dtype: .int32, initializer: .heUniform())
    }
    #expect(error?.code == .unsuitableInitializer)
    #expect(
      error?.message == """
        Cannot declare variable "k": HeUniform cannot make dtype int32; it makes float16, \
        bfloat16, float32, float64.
        Choose one of these dtypes, or another initializer.
        """)
    #expect((error?.cause as? InitializerError)?.code == .unsuitableScalarType)
    #expect(graph.variables.isEmpty)
  }

  @Test func `a variable that no rule matches is refused`() {
    var graph = VariableGraph(rules: [InitializerRule("b", .zeros)])
    let error = #expect(throws: GraphError.self) { try graph.declare("a", shape: [2]) }
    #expect(error?.code == .missingInitializer)
    #expect(
      error?.message == """
        Variable "a" has no initializer, and no rule matches.
        Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
        """)
  }

  @Test func `an unknown name is refused with its nearest`() throws {
    let graph = try graph("dense/kernel", "dense/bias")
    let error = #expect(throws: GraphError.self) { try graph.variable(named: "dense/kernle") }
    #expect(error?.code == .unknownVariable)
    #expect(
      error?.message == """
        There is no variable "dense/kernle" in the graph. Did you mean "dense/kernel"?
        Declare it first, or correct the name.
        """)
    #expect(graph["dense/kernle"] == nil)
  }

  @Test func `a tie to no variable is refused and the graph is unchanged`() throws {
    var graph = try graph("a")
    let error = #expect(throws: GraphError.self) { try graph.tie("head", to: "missing/weight") }
    #expect(error?.code == .unknownVariable)
    #expect(
      error?.message == """
        There is no variable "missing/weight" in the graph.
        Declare it first, or correct the name.
        """)
    #expect(graph.aliases.isEmpty)
    #expect(graph["head"] == nil)
  }

  @Test func `an unknown dialect is refused`() {
    let error = #expect(throws: GraphError.self) { try Dialect(named: "caffe") }
    #expect(error?.code == .unknownDialect)
    #expect(
      error?.message == """
        There is no dialect "caffe" in this version; there are tensorflow, jax, jax-original, \
        flax-nnx, flax-linen, pytorch.
        Choose one of these.
        """)
  }

  @Test func `variables whose bytes together overflow are refused`() throws {
    var graph = VariableGraph()
    try graph.declare("a", shape: [1 << 62], dtype: .int8, initializer: .zeros)
    let error = #expect(throws: GraphError.self) {
      try graph.declare("b", shape: [1 << 62], dtype: .int8, initializer: .zeros)
    }
    #expect(error?.code == .tooLarge)
    #expect(
      error?.message == """
        Cannot declare variable "b": the bytes of all variables together would pass 2^63 - 1.
        Check the shapes; no machine can hold such a model.
        """)
    #expect(graph.byteCount == 1 << 62)
    #expect(graph.elementCount == 1 << 62)
    try graph.declare("c", shape: [(1 << 62) - 1], dtype: .int8, initializer: .zeros)
    #expect(graph.byteCount == Int.max)
  }

  @Test func `a graph is a value`() throws {
    let first = try graph("a")
    var second = first
    try second.declare("b", shape: [1], initializer: .ones)
    #expect(first.variables.count == 1)
    #expect(first["b"] == nil)
  }

  @Test func `near names come nearest first, at most three`() {
    let names = ["bias", "bios", "basis", "kernel", "biaz"]
    #expect(Spelling.nearest(to: "bias", in: names) == ["bias", "biaz", "bios"])
    #expect(Spelling.nearest(to: "zzzzz", in: names) == [])
    #expect(Spelling.nearest(to: String(repeating: "a", count: 201), in: names) == [])
  }
}
