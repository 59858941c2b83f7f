import Foundation
import Nascent

// Usage: Transformer [STORE]. A decoder-only model of plain structs, filled into a store.

/// Attention and a feed-forward network, each added to what comes in.
struct Block: Variables {
  let normBefore, normBetween: Normalization
  let attention: MultiHeadAttention
  let expand, contract: Linear

  /// Residual projections begin smaller, the more of them there are, as GPT-2's do.
  init(width: Int, heads: Int, depth: Int) {
    let small: RandomNormalInitializer = .normal(standardDeviation: 0.02)
    let residual: RandomNormalInitializer = .normal(
      standardDeviation: 0.02 / Double(2 * depth).squareRoot())
    normBefore = .layer(width)
    attention = MultiHeadAttention(
      width: width, heads: heads, inputInitializer: small, outputInitializer: residual)
    normBetween = .layer(width)
    expand = Linear(inFeatures: width, outFeatures: 4 * width, weightInitializer: small)
    contract = Linear(inFeatures: 4 * width, outFeatures: width, weightInitializer: residual)
  }
}

/// Words and places to vectors, blocks, and back to words by the same table.
struct Decoder: Variables {
  let words: Embedding
  @Parameter var places: VariableReference
  let blocks: [Block]
  let norm: Normalization
  let head: VariableReference

  static let memberNames = ["head": "head.weight"]

  init(vocabulary: Int, context: Int, width: Int, heads: Int, depth: Int) {
    let small: RandomNormalInitializer = .normal(standardDeviation: 0.02)
    words = Embedding(count: vocabulary, width: width, weightInitializer: small)
    _places = Parameter(shape: [context, width], initializer: small)
    blocks = (0..<depth).map { _ in Block(width: width, heads: heads, depth: depth) }
    norm = .layer(width)
    head = words.weight
  }
}

let model = Decoder(vocabulary: 8192, context: 512, width: 256, heads: 8, depth: 6)
let graph = try VariableGraph(model, seed: 42, separator: ".")
let store = try CheckpointStore(
  path: CommandLine.arguments.dropFirst().first ?? "transformer.db")
let runtime = Runtime(graph: graph, store: store)

print("\(graph.variables.count) variables, \(graph.elementCount) parameters; a block:")
for variable in graph.variables where variable.name.hasPrefix("blocks.5.") {
  print("  \(variable.name) \(variable.shape) \(variable.initializer.configuration)")
}
for alias in graph.aliases { print("\(alias.name) is \(alias.target)") }

let report = try await runtime.materialize()
print("\(report.count(of: .materialized)) made, \(report.count(of: .skipped)) skipped")
for weight in [model.blocks[5].expand.weight, model.blocks[5].contract.weight] {
  let values = try await runtime.value(of: weight).array(of: Float.self)
  let variance = values.reduce(0) { $0 + Double($1 * $1) } / Double(values.count)
  print("\(graph.name(of: weight) ?? "-"): deviation \(Float(variance.squareRoot()))")
}

let deeper = Decoder(vocabulary: 8192, context: 512, width: 256, heads: 8, depth: 8)
let plan = try store.plan(VariableGraph(deeper, seed: 42, separator: "."))
print("With two more blocks a run would make:")
let reasons = Dictionary(grouping: plan.decisions.filter(\.isMade), by: \.reason)
for (reason, made) in reasons.sorted(by: { $0.key < $1.key }) {
  print("  \(made.count) variables such as \(made[0].name): \(reason)")
}
print("and skip \(plan.count(of: .skipped))")
