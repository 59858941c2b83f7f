internal import VariableGraph

extension TorchModel {
  /// `nn.Linear(inputs, outputs)`: `weight` of [outputs, inputs] and `bias`.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func linear(
    _ name: String, _ inputs: Int, _ outputs: Int, bias: Bool = true
  ) throws {
    try scope(name) { torch in
      try torch.parameter("weight", shape: [outputs, inputs], Self.weight)
      if bias {
        try torch.parameter(
          "bias", shape: [outputs], Self.uniform(inverseRootOf: Double(inputs)))
      }
    }
  }

  /// `nn.Bilinear(first, second, outputs)`: `weight` of [outputs, first, second] and `bias`, both
  /// U(±1/√first).
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func bilinear(
    _ name: String, _ first: Int, _ second: Int, _ outputs: Int, bias: Bool = true
  ) throws {
    let initializer = Self.uniform(inverseRootOf: Double(first))
    try scope(name) { torch in
      try torch.parameter("weight", shape: [outputs, first, second], initializer)
      if bias { try torch.parameter("bias", shape: [outputs], initializer) }
    }
  }

  /// `nn.Embedding(count, width)`: `weight` of [count, width] from N(0, 1).
  ///
  /// - Parameter name: The module's name inside the present scope; an empty one stands for the
  ///   scope itself.
  /// - Parameter count: The number of rows, PyTorch's `num_embeddings`.
  /// - Parameter width: The length of a row, PyTorch's `embedding_dim`.
  /// - Parameter paddingIndex: The row that is 0, PyTorch's `padding_idx`; negative from the end.
  /// - Throws: As `VariableGraph.declare`.
  public mutating func embedding(
    _ name: String, _ count: Int, _ width: Int, paddingIndex: Int? = nil
  ) throws {
    let row = paddingIndex.map { $0 < 0 ? $0 &+ count : $0 }
    try scope(name) { torch in
      _ = try torch.parameter(
        "weight", shape: [count, width], TorchNormalInitializer(embeddingWithZeroedRow: row))
    }
  }
}
