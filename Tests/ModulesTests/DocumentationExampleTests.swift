import Nascent
import Testing

/// The models that stand in the README and in comments, as they stand there. `ReferencePagesTests` has
/// that of `Docs/Modules.md`.
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
    let scale = Scale(width: 5)
    #expect(try VariableGraph(scale).variable(of: scale.scale).shape.dimensions == [5])
  }
}
