internal import Tensors
internal import VariableGraph

extension TorchModel {
  /// `nn.BatchNorm1d`, `2d` or `3d` of some channels: `weight` 1, `bias` 0, and the buffers
  /// `running_mean` 0, `running_var` 1 and `num_batches_tracked` 0. Nothing is drawn.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func batchNorm(
    _ name: String, _ channels: Int, affine: Bool = true, tracksStatistics: Bool = true
  ) throws {
    try scope(name) { torch in
      if affine { try torch.scaleAndShift([channels], bias: true) }
      guard tracksStatistics else { return }
      try torch.parameter("running_mean", shape: [channels], TorchConstantInitializer.zeros)
      try torch.parameter("running_var", shape: [channels], TorchConstantInitializer.ones)
      try torch.buffer(
        "num_batches_tracked", shape: [], dtype: .int64, TorchConstantInitializer.zeros)
    }
  }

  /// `nn.LayerNorm` over axes of these sizes: `weight` 1 and `bias` 0. Nothing is drawn.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func layerNorm(_ name: String, _ sizes: [Int], bias: Bool = true) throws {
    try scope(name) { try $0.scaleAndShift(sizes, bias: bias) }
  }

  /// `nn.LayerNorm` over one axis; see above.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func layerNorm(_ name: String, _ size: Int, bias: Bool = true) throws {
    try layerNorm(name, [size], bias: bias)
  }

  /// `nn.GroupNorm` of some channels: `weight` 1 and `bias` 0. Nothing is drawn.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func groupNorm(_ name: String, _ channels: Int) throws {
    try scope(name) { try $0.scaleAndShift([channels], bias: true) }
  }

  /// `nn.RMSNorm` over one axis: `weight` 1. Nothing is drawn.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func rmsNorm(_ name: String, _ size: Int) throws {
    try scope(name) { try $0.scaleAndShift([size], bias: false) }
  }

  private mutating func scaleAndShift(_ shape: [Int], bias: Bool) throws {
    try parameter("weight", shape: shape, TorchConstantInitializer.ones)
    if bias { try parameter("bias", shape: shape, TorchConstantInitializer.zeros) }
  }
}
