public import Initializers
public import VariableGraph

/// A table of vectors, one for each of `count` things.
///
/// | Convention | Variable | Default |
/// |---|---|---|
/// | Keras | `embeddings` [count, width] | U[−0.05, 0.05) |
/// | Flax | `embedding` [count, width] | normal of variance 1 / width |
/// | PyTorch | `weight` [count, width] | N(0, 1), and 0 in the row of the padding |
///
/// - Source: Keras's `Embedding`, Flax's `Embed`, PyTorch's `nn.Embedding`.
public struct Embedding: Layer {
  /// The number of rows.
  public let count: Int
  /// The length of a vector.
  public let width: Int
  /// The row that PyTorch keeps at 0, its `padding_idx`; the other conventions have none.
  public let paddingIndex: Int?
  /// Stands for the layer.
  public let identity = VariableReference()
  /// The table.
  public var weight = VariableReference()
  /// Initializers in place of the convention's; see `Layer`.
  public let initializers: [VariableReference: any Initializer]

  /// A table of these sizes.
  ///
  /// - Parameter count: The number of rows.
  /// - Parameter width: The length of a row.
  /// - Parameter paddingIndex: The row that PyTorch keeps at 0; negative from the end. The other
  ///   conventions have none.
  /// - Parameter weightInitializer: In place of the convention's.
  public init(
    count: Int, width: Int, paddingIndex: Int? = nil,
    weightInitializer: (any Initializer)? = nil
  ) {
    self.count = count
    self.width = width
    self.paddingIndex = paddingIndex
    initializers = .of((weight, weightInitializer))
  }

  /// The variables of Keras and Flax; see `Layer`.
  public func variables(
    in convention: LayerConvention, path: String
  ) throws -> [LayerVariable] {
    if convention == .keras {
      let uniform: RandomUniformInitializer = .uniform()
      return [LayerVariable(weight, "embeddings", shape: [count, width], uniform)]
    }
    let scaling = try JAXVarianceScalingInitializer(
      scale: 1, mode: .fanIn, distribution: .normal, outAxis: 0)
    return [LayerVariable(weight, "embedding", shape: [count, width], scaling)]
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    [("weight", weight)]
  }

  /// Declares `nn.Embedding`; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    try torch.embedding("", count, width, paddingIndex: paddingIndex)
  }
}
