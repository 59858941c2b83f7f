internal import VariableGraph

extension TorchModel {
  /// `nn.MultiheadAttention(width, heads)`: `in_proj_weight` of [3 · width, width], `in_proj_bias` and
  /// the linear layer `out_proj`.
  ///
  /// The layer `out_proj` draws first, its bias too, which becomes 0 later; then `xavier_uniform_`
  /// draws the packed weight, whose fans are those of the whole matrix.
  ///
  /// - Parameter name: The module's name inside the present scope; an empty one stands for the
  ///   scope itself.
  /// - Parameter width: PyTorch's `embed_dim`.
  /// - Parameter heads: Divides the width; no parameter depends on it.
  /// - Parameter bias: False leaves the biases out.
  /// - Parameter addsBiasKV: Adds `bias_k` and `bias_v`, drawn by `xavier_normal_`.
  /// - Parameter keyWidth: The width of keys, PyTorch's `kdim`; where it or `valueWidth` is another
  ///   than `width`, there are `q_proj_weight`, `k_proj_weight` and `v_proj_weight` instead.
  /// - Parameter valueWidth: The width of values, PyTorch's `vdim`.
  /// - Throws: `InitializerError.Code.invalidParameter`; and as `VariableGraph.declare`.
  public mutating func multiheadAttention(
    _ name: String, _ width: Int, heads: Int, bias: Bool = true, addsBiasKV: Bool = false,
    keyWidth: Int? = nil, valueWidth: Int? = nil
  ) throws {
    guard heads >= 1, width % heads == 0 else {
      throw InitializerError.invalidParameter(
        "torch.nn.MultiheadAttention", "heads", found: "\(heads)",
        needed: "a divisor of the width, which is \(width)")
    }
    let keys = keyWidth ?? width
    let values = valueWidth ?? width
    let packed = Self.product(3, width)
    let weights =
      keys == width && values == width
      ? [("in_proj_weight", [packed, width])]
      : [
        ("q_proj_weight", [width, width]), ("k_proj_weight", [width, keys]),
        ("v_proj_weight", [width, values]),
      ]
    // As in PyTorch, parameters are made empty first and in the order of their names.
    try scope(name) { torch in
      for (name, shape) in weights {
        try torch.parameter(name, shape: shape, TorchConstantInitializer.zeros)
      }
      if bias {
        try torch.parameter("in_proj_bias", shape: [packed], TorchConstantInitializer.zeros)
      }
      let pair = addsBiasKV ? ["bias_k", "bias_v"] : []
      for name in pair {
        try torch.parameter(name, shape: [1, 1, width], TorchConstantInitializer.zeros)
      }
      try torch.linear("out_proj", width, width, bias: bias)
      for (name, _) in weights { try torch.initialize(name, .torchXavierUniform()) }
      if bias { try torch.initialize("out_proj.bias", TorchConstantInitializer.zeros) }
      for name in pair { try torch.initialize(name, .torchXavierNormal()) }
    }
  }

  /// `nn.TransformerEncoderLayer(width, heads, feedForward)`: `self_attn`, `linear1`, `linear2`,
  /// `norm1` and `norm2`.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func transformerEncoderLayer(
    _ name: String, _ width: Int, heads: Int, feedForward: Int = 2048, bias: Bool = true
  ) throws {
    try scope(name) { torch in
      try torch.multiheadAttention("self_attn", width, heads: heads, bias: bias)
      try torch.feedForward(width, feedForward, bias)
      for norm in ["norm1", "norm2"] { try torch.layerNorm(norm, width, bias: bias) }
    }
  }

  /// `nn.TransformerDecoderLayer(width, heads, feedForward)`: `self_attn`, `multihead_attn`,
  /// `linear1`, `linear2` and `norm1` to `norm3`.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func transformerDecoderLayer(
    _ name: String, _ width: Int, heads: Int, feedForward: Int = 2048, bias: Bool = true
  ) throws {
    try scope(name) { torch in
      for attention in ["self_attn", "multihead_attn"] {
        try torch.multiheadAttention(attention, width, heads: heads, bias: bias)
      }
      try torch.feedForward(width, feedForward, bias)
      for norm in ["norm1", "norm2", "norm3"] { try torch.layerNorm(norm, width, bias: bias) }
    }
  }

  private mutating func feedForward(_ width: Int, _ inner: Int, _ bias: Bool) throws {
    try linear("linear1", width, inner, bias: bias)
    try linear("linear2", inner, width, bias: bias)
  }
}
