public import Initializers
public import VariableGraph

/// A fully connected layer: y = x · W + b.
///
/// | Convention | Variables | Defaults |
/// |---|---|---|
/// | Keras | `kernel` [in, out], `bias` | `glorot_uniform`, `zeros` |
/// | Flax | `kernel` [in, out], `bias` | `lecun_normal`, `zeros` |
/// | PyTorch | `weight` [out, in], `bias` | U(±1/√in) for both |
///
/// - Source: Keras's `Dense`, Flax's `Dense` and `nnx.Linear`, PyTorch's `nn.Linear`.
public struct Linear: Layer {
  /// The number of inputs.
  public let inFeatures: Int
  /// The number of outputs.
  public let outFeatures: Int
  /// Stands for the layer.
  public let identity = VariableReference()
  /// The matrix. Set to another layer's, the layers share it.
  public var weight = VariableReference()
  /// The bias; `nil` without one.
  public var bias: VariableReference?
  /// Initializers in place of the convention's; see `Layer`.
  public let initializers: [VariableReference: any Initializer]

  /// A layer of these sizes.
  ///
  /// - Parameter inFeatures: The number of inputs.
  /// - Parameter outFeatures: The number of outputs.
  /// - Parameter bias: False leaves the bias out.
  /// - Parameter weightInitializer: In place of the convention's.
  /// - Parameter biasInitializer: In place of the convention's.
  public init(
    inFeatures: Int, outFeatures: Int, bias: Bool = true,
    weightInitializer: (any Initializer)? = nil, biasInitializer: (any Initializer)? = nil
  ) {
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    self.bias = bias ? VariableReference() : nil
    initializers = .of((weight, weightInitializer), (self.bias, biasInitializer))
  }

  /// The variables of Keras and Flax; see `Layer`.
  public func variables(in convention: LayerConvention, path: String) -> [LayerVariable] {
    let kernel = LayerVariable(
      weight, "kernel", shape: [inFeatures, outFeatures], convention.kernelInitializer())
    return [kernel] + convention.bias(bias, shape: [outFeatures])
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  /// Declares `nn.Linear`; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    try torch.linear("", inFeatures, outFeatures, bias: bias != nil)
  }
}
