public import Initializers
public import VariableGraph

/// A recurrent layer with gates: an LSTM or a GRU.
///
/// | Convention | LSTM | GRU |
/// |---|---|---|
/// | Keras | `lstm_cell`: `kernel` [in, 4 · hidden], `recurrent_kernel`, `bias` that is 1 for the forget gate; gates i, f, c, o | `gru_cell`: `kernel` [in, 3 · hidden], `recurrent_kernel`, `bias` [2, 3 · hidden]; gates z, r, h |
/// | Flax Linen | `cell`: `ii`, `if`, `ig`, `io`: `kernel` [in, hidden]; `hi`, `hf`, `hg`, `ho`: `kernel`, `bias` | `cell`: `ir`, `iz`, `in`: `kernel`, `bias`; `hr`, `hz`: `kernel`; `hn`: `kernel`, `bias` |
/// | Flax NNX | `cell`: as Linen, `if_` in place of `if` | `cell`: `dense_i`: `kernel` [in, 3 · hidden], `bias`; `dense_h`: `kernel`; gates r, z, n |
/// | PyTorch | `weight_ih_l0` [4 · hidden, in], `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, …; gates i, f, g, o | the same with 3 · hidden rows; gates r, z, n |
///
/// Defaults: Keras's kernels are `glorot_uniform` and `orthogonal`, Flax's `lecun_normal` and
/// `orthogonal`, biases 0; PyTorch's are all U(±1/√hidden). Layers upon layers, both directions and
/// projections are PyTorch's; in the others, declare an array of layers.
///
/// - Source: Keras's `LSTM` and `GRU`, Flax's `LSTMCell` and `GRUCell` in an `RNN`, PyTorch's `nn.LSTM`
///   and `nn.GRU`.
public struct RecurrentLayer: Layer {
  /// What the cell computes.
  public enum Cell: Sendable, Hashable {
    /// Four gates and a memory.
    case lstm
    /// Three gates.
    case gru
  }

  /// What the cell computes.
  public let cell: Cell
  /// The number of inputs.
  public let inFeatures: Int
  /// The length of the state.
  public let hidden: Int
  /// How many layers stand upon each other.
  public let layerCount: Int
  /// True where the sequence is read from both ends.
  public let isBidirectional: Bool
  /// The length of the projected state of an LSTM, PyTorch's `proj_size`; 0 for none.
  public let projection: Int
  /// False without biases.
  public let hasBias: Bool
  /// Stands for the layer.
  public let identity = VariableReference()
  /// What the first layer's kernels of the inputs are kept in, where its gates are kept together.
  public var inputWeight: VariableReference { references[0] }
  /// What the first layer's kernels of the state are kept in, where its gates are kept together.
  public var recurrentWeight: VariableReference { references[1] }
  /// The first layer's bias; with PyTorch that of the inputs.
  public var bias: VariableReference { references[2] }
  /// Nothing stands in place of the convention's initializers.
  public let initializers: [VariableReference: any Initializer] = [:]
  /// For each variable of any convention.
  private let references: [VariableReference]

  /// The number of variables of a layer in one direction: no convention has more.
  private static let mostVariables = 12
  /// Nobody stands more upon each other, and numbers that are none should not take memory.
  private static let mostLayers = 1024

  /// An LSTM.
  ///
  /// - Parameter inFeatures: The number of inputs of the first layer.
  /// - Parameter hidden: The length of the state.
  /// - Parameter layers: How many layers stand upon each other.
  /// - Parameter bias: False leaves the biases out.
  /// - Parameter bidirectional: True reads the sequence from both ends.
  /// - Parameter projection: The length of the projected state, PyTorch's `proj_size`; 0 for none.
  public static func lstm(
    inFeatures: Int, hidden: Int, layers: Int = 1, bias: Bool = true, bidirectional: Bool = false,
    projection: Int = 0
  ) -> RecurrentLayer {
    RecurrentLayer(.lstm, inFeatures, hidden, layers, bias, bidirectional, projection)
  }

  /// A GRU.
  ///
  /// - Parameter inFeatures: The number of inputs of the first layer.
  /// - Parameter hidden: The length of the state.
  /// - Parameter layers: How many layers stand upon each other.
  /// - Parameter bias: False leaves the biases out.
  /// - Parameter bidirectional: True reads the sequence from both ends.
  public static func gru(
    inFeatures: Int, hidden: Int, layers: Int = 1, bias: Bool = true, bidirectional: Bool = false
  ) -> RecurrentLayer {
    RecurrentLayer(.gru, inFeatures, hidden, layers, bias, bidirectional, 0)
  }

  private init(
    _ cell: Cell, _ inFeatures: Int, _ hidden: Int, _ layerCount: Int, _ hasBias: Bool,
    _ isBidirectional: Bool, _ projection: Int
  ) {
    self.cell = cell
    self.inFeatures = inFeatures
    self.hidden = hidden
    self.layerCount = layerCount
    self.hasBias = hasBias
    self.isBidirectional = isBidirectional
    self.projection = projection
    // What is out of these bounds is refused when it is declared.
    let layers = min(max(layerCount, 1), Self.mostLayers)
    let count = Self.mostVariables * layers * (isBidirectional ? 2 : 1)
    references = (0..<count).map { _ in VariableReference() }
  }

  /// The variables of Keras and Flax; see `Layer`.
  ///
  /// - Throws: `ModuleError.Code.unsupportedLayer`.
  public func variables(
    in convention: LayerConvention, path: String
  ) throws -> [LayerVariable] {
    guard layerCount == 1, !isBidirectional, projection == 0 else {
      throw ModuleError.unsupportedLayer(
        "a recurrent layer", path, in: convention,
        because: "has one layer, one direction and no projection")
    }
    guard hasBias || convention == .keras else {
      throw ModuleError.unsupportedLayer(
        "a recurrent layer without biases", path, in: convention, because: "is not there")
    }
    switch (convention, cell) {
    case (.keras, .lstm): return try kerasLSTM(convention)
    case (.keras, .gru): return kerasGRU(convention)
    case (.flaxNNX, .gru): return packedGRU(convention)
    case (_, .lstm): return flaxLSTM(convention)
    case (_, .gru): return flaxGRU(convention)
    }
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    var names: [String] = []
    for layer in 0..<min(max(layerCount, 0), Self.mostLayers) {
      for direction in isBidirectional ? ["", "_reverse"] : [""] {
        let suffix = "l\(layer)\(direction)"
        names += ["weight_ih_\(suffix)", "weight_hh_\(suffix)"]
        if hasBias { names += ["bias_ih_\(suffix)", "bias_hh_\(suffix)"] }
        if projection > 0 { names.append("weight_hr_\(suffix)") }
      }
    }
    return zip(names, references).map { ($0, $1) }
  }

  /// Declares `nn.LSTM` or `nn.GRU`; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    guard 1...Self.mostLayers ~= layerCount else {
      throw ModuleError.invalidLayer(
        "RecurrentLayer", path, "layers", found: "\(layerCount)",
        needed: "a number from 1 to \(Self.mostLayers)")
    }
    switch cell {
    case .lstm:
      try torch.lstm(
        "", inFeatures, hidden, layerCount, bias: hasBias, bidirectional: isBidirectional,
        projection: projection)
    case .gru:
      try torch.gru(
        "", inFeatures, hidden, layerCount, bias: hasBias, bidirectional: isBidirectional)
    }
  }

  private func kerasLSTM(_ convention: LayerConvention) throws -> [LayerVariable] {
    let forget = try ForgetGateBiasInitializer()
    let bias = LayerVariable(
      references[2], "lstm_cell/bias", shape: [TorchModel.product(4, hidden)], forget)
    return packed("lstm_cell/kernel", "lstm_cell/recurrent_kernel", gates: 4, convention)
      + (hasBias ? [bias] : [])
  }

  private func kerasGRU(_ convention: LayerConvention) -> [LayerVariable] {
    packed("gru_cell/kernel", "gru_cell/recurrent_kernel", gates: 3, convention)
      + convention.bias(
        hasBias ? references[2] : nil, "gru_cell/bias", shape: [2, TorchModel.product(3, hidden)])
  }

  private func packedGRU(_ convention: LayerConvention) -> [LayerVariable] {
    let kernels = packed("cell/dense_i/kernel", "cell/dense_h/kernel", gates: 3, convention)
    let bias = convention.bias(
      references[2], "cell/dense_i/bias", shape: [TorchModel.product(3, hidden)])
    return [kernels[0]] + bias + [kernels[1]]
  }

  private func packed(
    _ input: String, _ recurrent: String, gates: Int, _ convention: LayerConvention
  ) -> [LayerVariable] {
    let columns = TorchModel.product(gates, hidden)
    return [
      LayerVariable(
        references[0], input, shape: [inFeatures, columns], convention.kernelInitializer()),
      LayerVariable(
        references[1], recurrent, shape: [hidden, columns], convention.recurrentInitializer),
    ]
  }

  private func flaxLSTM(_ convention: LayerConvention) -> [LayerVariable] {
    let forget = convention == .flaxNNX ? "if_" : "if"
    let inputs = ["ii", forget, "ig", "io"].map { (name: $0, hasBias: false) }
    let states = ["hi", "hf", "hg", "ho"].map { (name: $0, hasBias: true) }
    return gates(inputs, states, convention)
  }

  private func flaxGRU(_ convention: LayerConvention) -> [LayerVariable] {
    let inputs = ["ir", "iz", "in"].map { (name: $0, hasBias: true) }
    let states = ["hr", "hz", "hn"].map { (name: $0, hasBias: $0 == "hn") }
    return gates(inputs, states, convention)
  }

  /// Gates that are kept apart: those of the inputs, then those of the state.
  private func gates(
    _ inputs: [(name: String, hasBias: Bool)], _ states: [(name: String, hasBias: Bool)],
    _ convention: LayerConvention
  ) -> [LayerVariable] {
    var variables: [LayerVariable] = []
    func add(_ name: String, _ shape: [Int], _ initializer: any Initializer) {
      variables.append(
        LayerVariable(references[variables.count], "cell/\(name)", shape: shape, initializer))
    }
    for (name, hasBias) in inputs {
      add("\(name)/kernel", [inFeatures, hidden], convention.kernelInitializer())
      if hasBias { add("\(name)/bias", [hidden], convention.zeros) }
    }
    for (name, hasBias) in states {
      add("\(name)/kernel", [hidden, hidden], convention.recurrentInitializer)
      if hasBias { add("\(name)/bias", [hidden], convention.zeros) }
    }
    return variables
  }
}
