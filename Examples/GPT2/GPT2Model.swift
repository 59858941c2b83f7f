import Nascent

/// GPT-2 as OpenAI published it: its variables under their published names, and how they begin.
///
/// - Source: Radford et al. (2019), "Language models are unsupervised multitask learners", §2.3:
///   weights of residual projections are scaled by 1/√N, N the number of residual layers, two in
///   each block.
struct GPT2Model: Sendable {
  var vocabularyCount = 50257
  var contextLength = 1024
  var width = 768
  var blockCount = 12

  /// The deviation of all other weights.
  static let standardDeviation = 0.02

  /// GPT-2 small.
  static let small = GPT2Model()

  /// Declares every variable. No value is made.
  func graph(seed: Int64) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed, separator: ".")
    try graph.scope("transformer") { graph in
      try graph.declare("wte.weight", shape: [vocabularyCount, width], initializer: weight)
      try graph.declare("wpe.weight", shape: [contextLength, width], initializer: weight)
      for number in 0..<blockCount {
        try graph.scope("h.\(number)") { try declareBlock(in: &$0) }
      }
      try graph.scope("ln_f") { try declareNormalization(in: &$0) }
    }
    try graph.tie("lm_head.weight", to: "transformer.wte.weight")
    return graph
  }

  private var weight: RandomNormalInitializer {
    .normal(standardDeviation: Self.standardDeviation)
  }

  private var residualWeight: RandomNormalInitializer {
    .normal(standardDeviation: Self.standardDeviation / Double(2 * blockCount).squareRoot())
  }

  private func declareBlock(in graph: inout VariableGraph) throws {
    try graph.scope("ln_1") { try declareNormalization(in: &$0) }
    try graph.scope("attn") { graph in
      try declareProjection("c_attn", from: width, to: 3 * width, weight, in: &graph)
      try declareProjection("c_proj", from: width, to: width, residualWeight, in: &graph)
    }
    try graph.scope("ln_2") { try declareNormalization(in: &$0) }
    try graph.scope("mlp") { graph in
      try declareProjection("c_fc", from: width, to: 4 * width, weight, in: &graph)
      try declareProjection("c_proj", from: 4 * width, to: width, residualWeight, in: &graph)
    }
  }

  private func declareNormalization(in graph: inout VariableGraph) throws {
    try graph.declare("weight", shape: [width], initializer: .ones)
    try graph.declare("bias", shape: [width], initializer: .zeros)
  }

  private func declareProjection(
    _ name: String, from inputCount: Int, to outputCount: Int, _ weight: RandomNormalInitializer,
    in graph: inout VariableGraph
  ) throws {
    try graph.scope(name) { graph in
      try graph.declare("weight", shape: [inputCount, outputCount], initializer: weight)
      try graph.declare("bias", shape: [outputCount], initializer: .zeros)
    }
  }
}
