public import Nascent

extension Models {
  /// Every kind of JAX's initializers and of Keras's on JAX, in chunks and whole, in every format.
  public static func jax(_ dialect: Dialect = .jax, seed: Int64 = 42) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed, dialect: dialect)
    try graph.scope("jax") { graph in
      try graph.declare("he", shape: [700, 801], initializer: .jaxHeUniform(seed: 7))
      try graph.declare("normal", shape: [1000, 333], initializer: .jaxNormal())
      try graph.declare(
        "truncated", shape: [601_001], dtype: .float16, initializer: .jaxTruncatedNormal())
      try graph.declare(
        "lecun", shape: [777, 1001], dtype: .bfloat16, initializer: .jaxLecunNormal())
      try graph.declare("double", shape: [301, 700], dtype: .float64, initializer: .jaxNormal())
      try graph.declare("orthogonal", shape: [60, 40], initializer: .jaxOrthogonal())
      try graph.declare("delta", shape: [3, 3, 20, 30], initializer: .jaxDeltaOrthogonal())
      try graph.declare("constant", shape: [300_000], initializer: .jaxConstant(0.3))
    }
    try graph.scope("keras") { graph in
      try graph.declare("glorot", shape: [700, 801], initializer: .glorotUniform())
      try graph.declare("he", shape: [999, 401], initializer: .heNormal(seed: 3))
      try graph.declare("half", shape: [77, 1001], dtype: .float16, initializer: .uniform())
      try graph.declare("orthogonal", shape: [30, 40], initializer: .orthogonal())
    }
    return graph
  }
}
