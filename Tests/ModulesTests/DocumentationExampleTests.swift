import Nascent
import Testing

/// The models that stand in the documentation, as they stand there.
struct DocumentationExampleTests {
  /// `README.md`
  private struct ScaledAttention: Variables {
    let attention: MultiHeadAttention
    @Parameter(shape: [768], initializer: .ones) var scale

    init(width: Int) { attention = MultiHeadAttention(width: width, heads: 12) }
  }

  /// `Variables`
  private struct Block: Variables {
    let norm: Normalization
    let attention: MultiHeadAttention
    @Parameter(shape: [768], initializer: .zeros) var scale

    init(width: Int) {
      norm = .layer(width)
      attention = MultiHeadAttention(width: width, heads: 12)
    }
  }

  /// `Docs/Modules.md`
  private struct Decoder: Variables {
    let words: Embedding
    let layers: [Linear]
    let head: VariableReference
    static let memberNames = ["head": "lm_head.weight"]

    init(width: Int) {
      words = Embedding(count: 1000, width: width)
      layers = (0..<4).map { _ in Linear(inFeatures: width, outFeatures: width) }
      head = words.weight
    }
  }

  /// `Parameter`
  private struct Scale: Variables {
    @Parameter var scale: VariableReference
    init(width: Int) { _scale = Parameter(shape: [width], initializer: .ones) }
  }

  @Test func `the README's block has the names that it says`() throws {
    let block = ScaledAttention(width: 768)
    let graph = try VariableGraph(block, seed: 42, dialect: .pyTorch)
    #expect(
      graph.variables.map(\.name) == [
        "attention.in_proj_weight", "attention.in_proj_bias", "attention.out_proj.weight",
        "attention.out_proj.bias", "scale",
      ])
    #expect(try graph.variable(of: block.attention.packedWeight).shape.dimensions == [2304, 768])
  }

  @Test func `the other models of the documentation are declared`() throws {
    #expect(try VariableGraph(Block(width: 768), dialect: .pyTorch).variables.count == 7)
    let decoder = try VariableGraph(Decoder(width: 8), dialect: .flaxNNX)
    #expect(decoder.variables[7].name == "layers.3.kernel")
    #expect(decoder.aliases.map(\.name) == ["lm_head.weight"])
    let scale = Scale(width: 5)
    #expect(try VariableGraph(scale).variable(of: scale.scale).shape.dimensions == [5])
  }
}
