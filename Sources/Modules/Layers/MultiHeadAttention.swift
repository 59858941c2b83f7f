public import Initializers
public import VariableGraph

/// Attention of several heads.
///
/// | Convention | Variables | Defaults |
/// |---|---|---|
/// | Keras | `query`, `key`, `value`: `kernel` [in, heads, depth], `bias` [heads, depth]; `attention_output`: `kernel` [heads, depth, width], `bias` | `glorot_uniform`, `zeros` |
/// | Flax | the same, the last named `out` | `lecun_normal` of the folded matrix, `zeros` |
/// | PyTorch | `in_proj_weight` [3 · width, width], `in_proj_bias`, `out_proj.weight`, `out_proj.bias` | `xavier_uniform_`, 0, `nn.Linear`'s, 0 |
///
/// depth = width / heads. Where keys or values have another width, PyTorch's `in_proj_weight` is parted
/// into `q_proj_weight`, `k_proj_weight` and `v_proj_weight`. An initializer of yours sees the shape of
/// the variable as it is stored.
///
/// - Source: Keras's `MultiHeadAttention`, Flax's `MultiHeadDotProductAttention` and
///   `nnx.MultiHeadAttention`, PyTorch's `nn.MultiheadAttention`.
public struct MultiHeadAttention: Layer {
  /// The width of queries and of the result.
  public let width: Int
  /// The number of heads, a divisor of the width.
  public let heads: Int
  /// The width of keys.
  public let keyWidth: Int
  /// The width of values.
  public let valueWidth: Int
  /// False without biases.
  public let hasBias: Bool
  /// Stands for the layer.
  public let identity = VariableReference()
  /// PyTorch's packed matrix of queries, keys and values.
  public let packedWeight = VariableReference()
  /// PyTorch's packed bias of queries, keys and values.
  public let packedBias = VariableReference()
  /// The matrix of queries, where it is not packed.
  public let queryWeight = VariableReference()
  /// The matrix of keys, where it is not packed.
  public let keyWeight = VariableReference()
  /// The matrix of values, where it is not packed.
  public let valueWeight = VariableReference()
  /// The matrix of the result.
  public let outputWeight = VariableReference()
  /// The bias of queries, in Keras and Flax.
  public let queryBias = VariableReference()
  /// The bias of keys, in Keras and Flax.
  public let keyBias = VariableReference()
  /// The bias of values, in Keras and Flax.
  public let valueBias = VariableReference()
  /// The bias of the result.
  public let outputBias = VariableReference()
  /// Initializers in place of the convention's; see `Layer`.
  public let initializers: [VariableReference: any Initializer]

  /// A layer of these sizes.
  ///
  /// - Parameter width: The width of queries and of the result.
  /// - Parameter heads: A divisor of the width.
  /// - Parameter keyWidth: The width of keys; that of queries where it is `nil`.
  /// - Parameter valueWidth: The width of values, likewise.
  /// - Parameter bias: False leaves the biases out.
  /// - Parameter inputInitializer: In place of the convention's, for the matrices of queries, keys
  ///   and values.
  /// - Parameter outputInitializer: In place of the convention's, for the matrix of the result.
  public init(
    width: Int, heads: Int, keyWidth: Int? = nil, valueWidth: Int? = nil, bias: Bool = true,
    inputInitializer: (any Initializer)? = nil, outputInitializer: (any Initializer)? = nil
  ) {
    self.width = width
    self.heads = heads
    self.keyWidth = keyWidth ?? width
    self.valueWidth = valueWidth ?? width
    hasBias = bias
    initializers = .of(
      (packedWeight, inputInitializer), (queryWeight, inputInitializer),
      (keyWeight, inputInitializer), (valueWeight, inputInitializer),
      (outputWeight, outputInitializer))
  }

  /// The variables of Keras and Flax; see `Layer`.
  ///
  /// - Throws: `ModuleError.Code.invalidLayer`.
  public func variables(
    in convention: LayerConvention, path: String
  ) throws -> [LayerVariable] {
    guard heads >= 1, width % heads == 0 else {
      throw ModuleError.invalidLayer(
        "MultiHeadAttention", path, "heads", found: "\(heads)",
        needed: "a divisor of the width, which is \(width)")
    }
    let depth = width / heads
    func bias(_ reference: VariableReference, _ name: String, _ shape: [Int]) -> [LayerVariable] {
      convention.bias(hasBias ? reference : nil, "\(name)/bias", shape: shape)
    }
    let inputs = [
      ("query", width, queryWeight, queryBias), ("key", keyWidth, keyWeight, keyBias),
      ("value", valueWidth, valueWeight, valueBias),
    ]
    let output = convention == .keras ? "attention_output" : "out"
    return inputs.flatMap { name, inWidth, weight, ownBias in
      [
        LayerVariable(
          weight, "\(name)/kernel", shape: [inWidth, heads, depth],
          convention.kernelInitializer(inAxis: 0, outAxis: [1, 2]))
      ] + bias(ownBias, name, [heads, depth])
    } + [
      LayerVariable(
        outputWeight, "\(output)/kernel", shape: [heads, depth, width],
        convention.kernelInitializer(inAxis: [0, 1], outAxis: 2))
    ] + bias(outputBias, output, [width])
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    let weights =
      keyWidth == width && valueWidth == width
      ? [("in_proj_weight", packedWeight)]
      : [
        ("q_proj_weight", queryWeight), ("k_proj_weight", keyWeight),
        ("v_proj_weight", valueWeight),
      ]
    let biases =
      hasBias ? [("in_proj_bias", packedBias), ("out_proj.bias", outputBias)] : []
    return weights + [("out_proj.weight", outputWeight)] + biases
  }

  /// Declares `nn.MultiheadAttention`; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    try torch.multiheadAttention(
      "", width, heads: heads, bias: hasBias, keyWidth: keyWidth, valueWidth: valueWidth)
  }
}
