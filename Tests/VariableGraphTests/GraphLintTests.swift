import Initializers
import Tensors
import Testing
import VariableGraph

struct GraphLintTests {
  private func declare(
    _ name: String, _ shape: [Int], _ initializer: JSONValue,
    metadata: [String: JSONValue] = [:], in graph: inout VariableGraph
  ) throws {
    func add(_ initializer: some Initializer) throws {
      try graph.declare(name, shape: shape, initializer: initializer, metadata: metadata)
    }
    try add(InitializerRegistry.standard.initializer(initializer))
  }

  @Test func `a graph without doubts has no lints`() throws {
    var graph = VariableGraph()
    try declare("dense/kernel", [784, 128], "he_uniform", in: &graph)
    try declare("dense2/kernel", [784, 128], "he_uniform", in: &graph)
    try declare("bias", [128], "zeros", in: &graph)
    #expect(graph.lints().isEmpty)
  }

  @Test func `sizes whose triple does not fit in 64 bits are compared without a trap`() throws {
    for shape in [[0, 1 << 62], [1 << 62, 0], [1, Int.max / 8], [Int.max / 8, 1]] {
      var graph = VariableGraph()
      try declare("c_attn", shape, "he_uniform", in: &graph)
      #expect(graph.lints().isEmpty)
    }
  }

  @Test func `what is packed is seen by a name in any case`() throws {
    for name in ["h/C_Attn/kernel", "QKV"] {
      var graph = VariableGraph()
      try declare(name, [6, 2], "he_uniform", in: &graph)
      #expect(graph.lints().map(\.code) == [.naiveFans])
    }
  }

  @Test func `variables that share an initializer have lints of their own`() throws {
    var graph = VariableGraph(rules: [InitializerRule("*", .heNormal())])
    try graph.declare("a", shape: [4])
    try graph.declare("b", shape: [4, 4])
    try graph.declare("c", shape: [5])
    try graph.declare("d", shape: [4], dtype: .float64)
    #expect(
      graph.lints().map(\.variables) == [["a"], ["c"], ["d"], ["a", "b", "c", "d"]])
  }

  @Test func `names that look alike and differ in their bytes are pointed at`() throws {
    var graph = VariableGraph()
    for name in ["caf\u{E9}", "K", "plain", "cafe\u{301}"] {
      try declare(name, [2], "zeros", in: &graph)
    }
    try graph.tie("\u{212A}", to: "plain")
    let lints = graph.lints()
    #expect(lints == graph.lookAlikeNames())
    #expect(lints.map(\.code.description) == ["look-alike-names", "look-alike-names"])
    #expect(lints.map(\.severity) == [.warning, .warning])
    #expect(
      lints.map { $0.variables.map { Array($0.utf8) } } == [
        ["caf\u{E9}", "cafe\u{301}"].map { Array($0.utf8) },
        ["K", "\u{212A}"].map { Array($0.utf8) },
      ])
    #expect(
      lints.first?.message == """
        2 names look like "caf\u{E9}" and differ in their bytes: "caf\\u{E9}", "cafe\\u{301}". They are \
        different variables.
        """)
    #expect(
      lints.first?.wayOut == """
        Write the name in one form, composed (NFC) or decomposed (NFD), wherever it stands, if one variable \
        is meant; rename the others if not.
        """)
  }

  @Test func `two variables with one seed are equal`() throws {
    var graph = VariableGraph()
    let seeded: JSONValue = ["class_name": "HeUniform", "config": ["seed": 7]]
    try declare("a", [3, 3], seeded, in: &graph)
    try declare("b", [3, 3], seeded, in: &graph)
    try declare("other shape", [3, 4], seeded, in: &graph)
    try declare(
      "other seed", [3, 3], ["class_name": "HeUniform", "config": ["seed": 8]], in: &graph)
    let lints = graph.lints()
    #expect(lints.count == 1)
    #expect(lints.first?.code == .equalValues)
    #expect(lints.first?.severity == .warning)
    #expect(lints.first?.variables == ["a", "b"])
    #expect(
      lints.first?.message == """
        "a", "b" have the same initializer HeUniform(seed=7), shape [3, 3] and dtype: their values \
        are equal.
        """)
    #expect(
      lints.first?.wayOut == """
        Leave the seed out, so that each draws from the graph's seed and its name, or give each a \
        seed of its own; tie them where one value is meant.
        """)
  }

  @Test(arguments: [([128], "a vector", "128"), ([], "a scalar", "1")])
  func `a fan of a vector or a scalar is pointed at`(
    shape: [Int], kind: String, fan: String
  ) throws {
    var graph = VariableGraph()
    try declare("bias", shape, "glorot_uniform", in: &graph)
    let lint = try #require(graph.lints().first)
    #expect(lint.code == .fanOfVector)
    #expect(
      lint.message == """
        "bias" is \(kind) of shape \(try Shape(shape)), and GlorotUniform() takes \(fan) for its \
        fans, though it has no inputs and outputs.
        """)
  }

  @Test(
    arguments: [
      (
        "h.0.attn.c_attn.weight", [768, 2304], [:], "looks like three weights in one (c_attn)",
        #"{"name": "in_out", "packed": 3}"#
      ),
      (
        "layers.0.self_attn.in_proj_weight", [1536, 512], [:],
        "looks like three weights in one (in_proj_weight)", #"{"name": "out_in", "packed": 3}"#
      ),
      (
        "block/depthwise_kernel", [3, 3, 32, 1], [:], "looks like a depthwise kernel",
        #""depthwise_hwim""#
      ),
      ("moe.experts.w1", [8, 64, 256], [:], "looks like stacked experts", #""experts_in_out""#),
      (
        "conv", [3, 3, 2, 64], ["groups": 32], "has 32 groups by its metadata",
        #"{"name": "oihw", "groups": 32}"#
      ),
      (
        "conv", [64, 32, 3, 3], ["layout": "oihw"],
        #"has the layout "oihw" in its metadata, which no fan follows"#, #""oihw""#
      ),
    ] as [(String, [Int], [String: JSONValue], String, String)])
  func `a weight that is not plain and has plain fans is pointed at`(
    name: String, shape: [Int], metadata: [String: JSONValue], reason: String, layout: String
  ) throws {
    var graph = VariableGraph()
    try declare(name, shape, "he_uniform", metadata: metadata, in: &graph)
    let lint = try #require(graph.lints().first)
    #expect(lint.code == .naiveFans)
    #expect(
      lint.message == """
        "\(name)" of shape \(try Shape(shape)) \(reason), and HeUniform() reads its fans as those \
        of a plain weight.
        """)
    #expect(lint.wayOut == "Declare the layout, such as \(layout), in the initializer's config.")
  }

  @Test func `a function of JAX is told to use its axes`() throws {
    var graph = VariableGraph(dialect: .jax)
    try declare("experts.w1", [8, 64, 256], "jax.nn.initializers.he_uniform", in: &graph)
    let lint = try #require(graph.lints().first)
    #expect(lint.code == .naiveFans)
    #expect(
      lint.wayOut == """
        Give in_axis, out_axis and batch_axis, or use VarianceScaling with the layout \
        "experts_in_out".
        """)
    var declared = VariableGraph(dialect: .jax)
    try declare(
      "experts.w1", [8, 64, 256],
      ["class_name": "jax.nn.initializers.he_uniform", "config": ["batch_axis": 0]],
      in: &declared)
    #expect(declared.lints().isEmpty)
  }

  @Test func `a declared layout, and one without fans, are not pointed at`() throws {
    var graph = VariableGraph()
    try declare(
      "c_attn", [768, 2304],
      ["class_name": "HeUniform", "config": ["layout": ["name": "in_out", "packed": 3]]],
      in: &graph)
    try declare("h.qkv", [768, 2304], "random_uniform", in: &graph)
    #expect(graph.lints().isEmpty)
  }

  @Test func `a normal that is cut off is noted once for a class`() throws {
    var graph = VariableGraph()
    for index in 0..<5 { try declare("kernel\(index)", [8, 8], "he_normal", in: &graph) }
    try declare("embedding", [8, 8], "truncated_normal", in: &graph)
    try declare("plain", [8, 8], "random_normal", in: &graph)
    let lints = graph.lints()
    #expect(lints.map(\.code) == [.truncationDiffers, .truncationDiffers])
    #expect(lints.map(\.severity) == [.note, .note])
    #expect(lints.map(\.variables.count) == [5, 1])
    #expect(
      lints[0].message == """
        "kernel0", "kernel1", "kernel2" and 2 more: the normal of HeNormal is cut off at -2 and 2 \
        standard deviations in the dialect tensorflow. TensorFlow and JAX count bounds in \
        deviations, PyTorch's trunc_normal_ in values, and its kaiming_normal_ and xavier_normal_ \
        have none.
        """)
  }
}
