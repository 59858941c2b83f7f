import Foundation
import Initializers
import Tensors
import Testing
import VariableGraph

struct FingerprintTests {
  private func fingerprint(
    seed: Int64 = 42, shape: [Int] = [784, 128], dtype: ScalarType = .float32,
    dialect: Dialect = .tensorFlow, _ initializer: some Initializer,
    metadata: [String: JSONValue] = [:]
  ) throws -> Digest {
    var graph = VariableGraph(seed: seed, dialect: dialect)
    let variable = try graph.declare(
      "dense/kernel", shape: shape, dtype: dtype, initializer: initializer, metadata: metadata)
    return Fingerprint.variable(variable, in: graph)
  }

  // The expected digests are Python's, where `f(*fields)` is the hashlib.sha256 of
  // `struct.pack("<Q", len(b)) + b` for the UTF-8 bytes b of each field.

  /// `f("nascent.variable/1", "tensorflow", "float32", "[784,128]",
  /// '{"class_name":"HeUniform","config":{"seed":7}}', "1", "own")`
  @Test func `a variable with its own seed has the documented fingerprint`() throws {
    #expect(
      try fingerprint(.heUniform(seed: 7)).hex
        == "72399429f143b1cd04875f93ebbc66cedcb14eeb5772aea623ee69acc2466aca")
  }

  /// `f("nascent.variable/1", "tensorflow", "bfloat16", "[784,128]",
  /// '{"class_name":"GlorotUniform","config":{"seed":null}}', "1",
  /// "graph:380355d59920d052:3026eb174a56a78c")`; see `SeedDerivationTests` for the pair.
  @Test func `a variable with the graph's seed has the documented fingerprint`() throws {
    #expect(
      try fingerprint(dtype: .bfloat16, .glorotUniform()).hex
        == "3c186e6264ce6bd426fcbb3a390e1e9902dcf97fd2c5323b43e9dbffd8744047")
  }

  /// As above with `"jax"`, `"float32"` and `"graph:9920d052:380355d5"`, the halves of the pair's first
  /// number; and with `"flax-nnx"` and `"graph:6d3e048f:1022172d"`, JAX's `fold_in(key(42), 0)`.
  @Test func `a variable with a key of JAX's has the documented fingerprint`() throws {
    #expect(
      try fingerprint(dialect: .jax, .glorotUniform()).hex
        == "5c449dec83621252df02c550ebe2ee52d67355527e8123d0cca8d4bdc2ba98b2")
    #expect(
      try fingerprint(dialect: .flaxNNX, .glorotUniform()).hex
        == "57e3037506477b5c5b2e5fa62d1cdd16ed41f0e59eb322851995a7ade5c5fa17")
  }

  /// `f("nascent.variable/1", "tensorflow", "float32", "[]",
  /// '{"class_name":"Zeros","config":{}}', "1", "none")`
  @Test func `a variable without random numbers has the documented fingerprint`() throws {
    #expect(
      try fingerprint(shape: [], .zeros).hex
        == "0490b2a815ed56d4178ee81a4c833b1412bde316bd95837682ce7b11327c978d")
  }

  /// `f("nascent.graph/1", "bias", zeros, "kernel", he, "alias", "z", "bias")` of the two above.
  @Test func `a graph has the documented fingerprint`() throws {
    var graph = VariableGraph()
    try graph.declare("kernel", shape: [784, 128], initializer: .heUniform(seed: 7))
    try graph.declare("bias", shape: [], initializer: .zeros)
    try graph.tie("z", to: "bias")
    #expect(
      graph.fingerprint().hex
        == "8fa95a5d758c640ee61e6e47c5aa00d46d0fc4603c771bdccb38335c3ab870ca")
  }

  /// `f("nascent.content/2", "a", "float32", "[0]", root(b""), "b", "uint8", "[3]", root(b"abc"))`, the
  /// roots as hexadecimal digits.
  @Test func `contents have the documented digest in any order`() throws {
    let empty = (
      name: "a", dtype: "float32", shape: "[0]", root: DigestTree().root(byteCount: 0)
    )
    let abc = (
      name: "b", dtype: "uint8", shape: "[3]",
      root: DigestTree(chunks: [Digest(of: Data("abc".utf8))]).root(byteCount: 3)
    )
    let expected = "2f3c0d845d7421d96738ae4d28c3d367954481055a4448317e20b7490d006d6c"
    #expect(Fingerprint.content([empty, abc]).hex == expected)
    #expect(Fingerprint.content([abc, empty]).hex == expected)
  }

  @Test func `metadata and rules do not count`() throws {
    let plain = try fingerprint(.heUniform())
    #expect(try fingerprint(.heUniform(), metadata: ["kind": "weight"]) == plain)
    var graph = VariableGraph(seed: 42, rules: [InitializerRule("*", .heUniform())])
    let ruled = try graph.declare("dense/kernel", shape: [784, 128])
    #expect(Fingerprint.variable(ruled, in: graph) == plain)
  }

  @Test func `the order of declarations does not count`() throws {
    var graphs = [VariableGraph(seed: 1), VariableGraph(seed: 1)]
    for name in ["a", "b", "c"] {
      try graphs[0].declare(name, shape: [2], initializer: .uniform())
    }
    for name in ["c", "a", "b"] {
      try graphs[1].declare(name, shape: [2], initializer: .uniform())
    }
    for (alias, target) in [("x", "a"), ("y", "b")] { try graphs[0].tie(alias, to: target) }
    for (alias, target) in [("y", "b"), ("x", "a")] { try graphs[1].tie(alias, to: target) }
    #expect(graphs[0].fingerprint() == graphs[1].fingerprint())
  }

  @Test func `a variable's fingerprint is not changed by other variables`() throws {
    var graph = VariableGraph(seed: 42)
    try graph.declare("other", shape: [5], initializer: .normal())
    let variable = try graph.declare("dense/kernel", shape: [784, 128], initializer: .heUniform())
    try graph.tie("tied", to: "dense/kernel")
    #expect(try Fingerprint.variable(variable, in: graph) == fingerprint(.heUniform()))
  }

  @Test func `shape, dtype and every parameter count`() throws {
    let all = try [
      fingerprint(.uniform()), fingerprint(shape: [128, 784], .uniform()),
      fingerprint(shape: [100_352], .uniform()), fingerprint(dtype: .float16, .uniform()),
      fingerprint(.uniform(in: -0.05..<0.06)), fingerprint(.uniform(in: -0.06..<0.05)),
      fingerprint(.uniform(seed: 0)), fingerprint(.uniform(seed: 1)), fingerprint(.normal()),
      fingerprint(.truncatedNormal()), fingerprint(.zeros), fingerprint(.ones),
      fingerprint(.constant(0)),
    ]
    #expect(Set(all).count == all.count)
  }

  @Test func `the graph's seed counts only where a variable draws from it`() throws {
    #expect(try fingerprint(seed: 1, .heUniform()) != fingerprint(seed: 2, .heUniform()))
    #expect(
      try fingerprint(seed: 1, .heUniform(seed: 7)) == fingerprint(seed: 2, .heUniform(seed: 7)))
    #expect(try fingerprint(seed: 1, .zeros) == fingerprint(seed: 2, .zeros))
  }

  @Test func `names and aliases count in the fingerprint of a graph`() throws {
    func graph(_ name: String, _ ties: [(String, String)] = []) throws -> Digest {
      var graph = VariableGraph()
      try graph.declare(name, shape: [1], initializer: .zeros)
      for (alias, target) in ties { try graph.tie(alias, to: target) }
      return graph.fingerprint()
    }
    let all = try [graph("a"), graph("b"), graph("a", [("c", "a")]), graph("a", [("d", "a")])]
    #expect(Set(all).count == all.count)
  }

  /// `f("nascent.variable/1", "tensorflow", "float32", "[128,784]", '{"class_name":"Expression",…}', "1",
  /// "inputs:72399429f143b1cd04875f93ebbc66cedcb14eeb5772aea623ee69acc2466aca")`
  @Test func `an expression has the documented fingerprint`() throws {
    var graph = VariableGraph()
    try graph.declare("w", shape: [784, 128], initializer: .heUniform(seed: 7))
    try graph.declare(
      "e", as: .transpose("w") + .zeros(like: "w").transposed())
    let variable = try graph.variable(named: "e")
    #expect(
      Fingerprint.variable(variable, in: graph).hex
        == "aabe906484fea1a8c5450d736267635c2ca0bdd6ea6be0a400ab4c861b72764b")
    #expect(graph.fingerprints()[1].fingerprint == Fingerprint.variable(variable, in: graph))
  }

  @Test func `an expression's fingerprint covers what it reads, and no more`() throws {
    func fingerprints(
      seed: Int64 = 7, otherName: String = "other", otherSeed: Int64 = 1, scale: Double = 0.5
    ) throws -> [String] {
      var graph = VariableGraph()
      try graph.declare(otherName, shape: [2], initializer: .heUniform(seed: otherSeed))
      try graph.declare("w", shape: [2], initializer: .heUniform(seed: seed))
      try graph.declare("half", as: TensorExpression.value("w").scaled(by: scale))
      try graph.declare("sum", as: "half" + "w")
      try graph.declare("slot", as: .zeros(like: "w"))
      return graph.fingerprints().dropFirst(2).map(\.fingerprint.hex)
    }
    let before = try fingerprints()
    #expect(try fingerprints(otherName: "renamed", otherSeed: 9) == before)
    let reseeded = try fingerprints(seed: 8)
    #expect(reseeded[0] != before[0] && reseeded[1] != before[1])
    #expect(reseeded[2] == before[2])
    let rescaled = try fingerprints(scale: 0.25)
    #expect(rescaled[0] != before[0] && rescaled[1] != before[1] && rescaled[2] == before[2])
  }

  @Test func `fingerprints of thousands of variables are those of each, expressions among them`()
    throws
  {
    var graph = VariableGraph()
    try graph.declare("v0", shape: [2], initializer: .heUniform(seed: 1))
    for index in 1..<5000 {
      if index % 3 == 0 {
        try graph.declare("v\(index)", as: .copy("v\(index - 1)"))
      } else {
        try graph.declare("v\(index)", shape: [2], initializer: .heUniform(seed: Int64(index)))
      }
    }
    for (variable, found) in zip(graph.variables, graph.fingerprints()) {
      #expect(found.name == variable.name)
      #expect(found.fingerprint == Fingerprint.variable(variable, in: graph))
    }
  }
}
