import Nascent
import TestSupport
import Testing

/// What expressions are for.
struct ExpressionUseTests {
  private func doubles(_ graph: VariableGraph, _ name: String) async throws -> [Double] {
    try await Runtime(graph: graph).value(of: name).doubles()
  }

  @Test func `a head is the embedding on its side`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("embedding", shape: [50, 8], initializer: .normal())
    try graph.declare("head/kernel", as: .transpose("embedding"))
    let (embedding, head) = (
      try await doubles(graph, "embedding"), try await doubles(graph, "head/kernel")
    )
    #expect(graph["head/kernel"]?.shape.dimensions == [8, 50])
    for i in 0..<50 { for j in 0..<8 { #expect(head[j * 50 + i] == embedding[i * 8 + j]) } }
  }

  @Test func `a moving average begins as a copy, and Adam's slots as zeros`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: [5, 4], dtype: .bfloat16, initializer: .heNormal())
    try graph.declare("ema/w", as: .value("w").cast(to: .float32))
    try graph.declare("adam/m/w", as: .zeros(like: "w"))
    try graph.declare("adam/v/w", as: .zeros(like: "adam/m/w"))
    #expect(try await doubles(graph, "ema/w") == (try await doubles(graph, "w")))
    #expect(try await doubles(graph, "adam/v/w") == [Double](repeating: 0, count: 20))
    #expect(graph["adam/v/w"]?.scalarType == .bfloat16)
    #expect(graph["ema/w"]?.scalarType == .float32)
  }

  @Test func `a fused projection has three parts with fans of their own`() async throws {
    var graph = VariableGraph(seed: 1)
    for (name, outputs) in [("q", 64), ("k", 16), ("v", 16)] {
      try graph.declare("parts/\(name)", shape: [32, outputs], initializer: .glorotUniform())
    }
    try graph.declare("qkv", as: .concatenate(["parts/q", "parts/k", "parts/v"], axis: 1))
    let fused = try await doubles(graph, "qkv")
    #expect(graph["qkv"]?.shape.dimensions == [32, 96])
    let (q, k) = (try await doubles(graph, "parts/q"), try await doubles(graph, "parts/k"))
    for i in 0..<32 {
      #expect(Array(fused[i * 96..<i * 96 + 64]) == Array(q[i * 64..<(i + 1) * 64]))
      #expect(Array(fused[i * 96 + 64..<i * 96 + 80]) == Array(k[i * 16..<(i + 1) * 16]))
    }
    // Glorot's limit of a part: √(6 / (fanIn + fanOut)).
    #expect((fused.map(\.magnitude).max() ?? 0) > (6.0 / 128).squareRoot())
    #expect((q.map(\.magnitude).max() ?? 1) <= (6.0 / 96).squareRoot())
  }

  @Test func `weight norm begins with the norm of the direction`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("v", shape: [6, 3, 2, 2], initializer: .heNormal())
    try graph.declare("g", as: .value("v").norm(axes: [1, 2, 3]))
    try graph.declare(
      "weight",
      as: .value("v")
        / TensorExpression.value("v").norm(axes: [1, 2, 3]).broadcast(to: [6, 3, 2, 2])
        * TensorExpression.value("g").broadcast(to: [6, 3, 2, 2]))
    #expect(graph["g"]?.shape.dimensions == [6, 1, 1, 1])
    let (v, weight) = (try await doubles(graph, "v"), try await doubles(graph, "weight"))
    // A quotient and a product, each rounded to half a unit in the last place.
    for (a, b) in zip(v, weight) { #expect((a - b).magnitude <= 2 * 0x1p-24 * a.magnitude) }
  }

  @Test func `LoRA adds nothing at first, and PiSSA takes the weight apart`() async throws {
    var graph = VariableGraph(seed: 1)
    let (rows, columns, rank) = (24, 16, 4)
    try graph.declare("w", shape: [rows, columns], initializer: .glorotNormal())
    try graph.declare("lora/a", shape: [rows, rank], initializer: .heUniform())
    try graph.declare("lora/b", as: TensorExpression.zeros(like: "w").sliced(0..<rank))
    try graph.declare("lora/w", as: "w" + TensorExpression.matmul("lora/a", "lora/b"))
    #expect(try await doubles(graph, "lora/w") == (try await doubles(graph, "w")))

    let svd = TensorExpression.value("w").svd
    let root = svd.s.sliced(0..<rank).squareRoot()
    try graph.declare(
      "pissa/a", as: svd.u.sliced(0..<rank, axis: 1) * root.broadcast(to: [rows, rank]))
    try graph.declare(
      "pissa/b",
      as: svd.vt.sliced(0..<rank) * root.reshaped(to: [rank, 1]).broadcast(to: [rank, columns]))
    try graph.declare("pissa/w", as: "w" - TensorExpression.matmul("pissa/a", "pissa/b"))
    try graph.declare("sum", as: "pissa/w" + TensorExpression.matmul("pissa/a", "pissa/b"))
    let (w, sum) = (try await doubles(graph, "w"), try await doubles(graph, "sum"))
    // w - p + p: two roundings, of numbers not larger than |w| + |p|, each below 1.
    for (a, b) in zip(w, sum) { #expect((a - b).magnitude <= 2 * 0x1p-24) }
    // What is left has none of the largest singular values.
    let (s, rest) = (
      try await singularValues(graph, "w"), try await singularValues(graph, "pissa/w")
    )
    // The singular values of float32 matrices move by less than the norm of the rounding errors.
    let bound = 100 * 0x1p-24 * s[0]
    for place in rank..<columns { #expect((s[place] - rest[place - rank]).magnitude <= bound) }
  }

  private func singularValues(_ graph: VariableGraph, _ name: String) async throws -> [Double] {
    var graph = graph
    try graph.declare("s", as: TensorExpression.value(name).svd.s)
    return try await doubles(graph, "s")
  }

  @Test func `layers are stacked for a scan, and heads repeated for their groups`() async throws {
    var graph = VariableGraph(seed: 1)
    for layer in 0..<96 {
      try graph.declare("layers/\(layer)/w", shape: [6, 5], initializer: .heNormal())
    }
    try graph.declare("layers", as: .stack((0..<96).map { .value("layers/\($0)/w") }))
    try graph.declare("heads", as: TensorExpression.value("layers").repeated(2, axis: 1))
    #expect(graph["heads"]?.shape.dimensions == [96, 12, 5])
    let layers = try await doubles(graph, "layers")
    #expect(Array(layers[95 * 30..<96 * 30]) == (try await doubles(graph, "layers/95/w")))
    let heads = try await doubles(graph, "heads")
    #expect(Array(heads[0..<5]) == Array(heads[5..<10]))
    #expect(Array(heads[10..<15]) == Array(layers[5..<10]))
  }
}
