internal import VariableGraph

extension TorchModel {
  /// `nn.LSTM(inputs, hidden, layers)`: for each layer and direction `weight_ih_l0` of
  /// [4 · hidden, inputs], `weight_hh_l0`, `bias_ih_l0` and `bias_hh_l0`, all U(±1/√hidden).
  ///
  /// - Parameter name: The module's name inside the present scope; an empty one stands for the
  ///   scope itself.
  /// - Parameter inputs: The number of inputs of the first layer.
  /// - Parameter hidden: The length of the state.
  /// - Parameter layers: How many layers stand upon each other.
  /// - Parameter bias: False leaves the biases out.
  /// - Parameter bidirectional: True adds a second direction, whose names end in `_reverse`.
  /// - Parameter projection: The size of the projected state, PyTorch's `proj_size`; 0 for none.
  /// - Throws: As `VariableGraph.declare`.
  public mutating func lstm(
    _ name: String, _ inputs: Int, _ hidden: Int, _ layers: Int = 1, bias: Bool = true,
    bidirectional: Bool = false, projection: Int = 0
  ) throws {
    try recurrent(name, 4, inputs, hidden, layers, bias, bidirectional, projection)
  }

  /// `nn.GRU(inputs, hidden, layers)`: as `lstm`, with 3 · hidden rows.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func gru(
    _ name: String, _ inputs: Int, _ hidden: Int, _ layers: Int = 1, bias: Bool = true,
    bidirectional: Bool = false
  ) throws {
    try recurrent(name, 3, inputs, hidden, layers, bias, bidirectional, 0)
  }

  /// `nn.RNN(inputs, hidden, layers)`: as `lstm`, with hidden rows.
  ///
  /// - Throws: As `VariableGraph.declare`.
  public mutating func rnn(
    _ name: String, _ inputs: Int, _ hidden: Int, _ layers: Int = 1, bias: Bool = true,
    bidirectional: Bool = false
  ) throws {
    try recurrent(name, 1, inputs, hidden, layers, bias, bidirectional, 0)
  }

  private mutating func recurrent(
    _ name: String, _ gates: Int, _ inputs: Int, _ hidden: Int, _ layers: Int, _ bias: Bool,
    _ isBidirectional: Bool, _ projection: Int
  ) throws {
    let initializer = Self.uniform(inverseRootOf: Double(hidden))
    let rows = Self.product(gates, hidden)
    let state = projection > 0 ? projection : hidden
    try scope(name) { torch in
      for layer in 0..<max(layers, 0) {
        let width = layer == 0 ? inputs : Self.product(state, isBidirectional ? 2 : 1)
        for direction in isBidirectional ? ["", "_reverse"] : [""] {
          let suffix = "l\(layer)\(direction)"
          try torch.parameter("weight_ih_\(suffix)", shape: [rows, width], initializer)
          try torch.parameter("weight_hh_\(suffix)", shape: [rows, state], initializer)
          if bias {
            try torch.parameter("bias_ih_\(suffix)", shape: [rows], initializer)
            try torch.parameter("bias_hh_\(suffix)", shape: [rows], initializer)
          }
          if projection > 0 {
            try torch.parameter("weight_hr_\(suffix)", shape: [projection, hidden], initializer)
          }
        }
      }
    }
  }
}
