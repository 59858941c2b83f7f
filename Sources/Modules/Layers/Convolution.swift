public import Initializers
public import VariableGraph

/// A convolution over one, two or three axes, of groups where it has several, or its transpose.
///
/// | Convention | Variables | Defaults |
/// |---|---|---|
/// | Keras | `kernel` […, in / groups, out], transposed […, out, in], `bias` | `glorot_uniform`, `zeros` |
/// | Flax | `kernel` […, in / groups, out], transposed […, in, out], `bias` | `lecun_normal`, `zeros` |
/// | PyTorch | `weight` [out, in / groups, …], transposed [in, out / groups, …], `bias` | U(±1/√fan) |
///
/// The fan is the second axis of PyTorch's weight times the kernel. Keras and Flax have no transposed
/// convolutions of groups.
///
/// - Source: Keras's `Conv2D` and `Conv2DTranspose` and their like, Flax's `Conv` and `ConvTranspose`,
///   PyTorch's `nn.Conv2d` and `nn.ConvTranspose2d` and their like.
public struct Convolution: Layer {
  /// The number of input channels.
  public let inChannels: Int
  /// The number of output channels.
  public let outChannels: Int
  /// The size of the kernel along each axis.
  public let kernelSize: [Int]
  /// Divides both numbers of channels.
  public let groups: Int
  /// True for the transpose, which grows its input.
  public let isTransposed: Bool
  /// Stands for the layer.
  public let identity = VariableReference()
  /// The kernel.
  public var weight = VariableReference()
  /// The bias; `nil` without one.
  public var bias: VariableReference?
  /// Initializers in place of the convention's; see `Layer`.
  public let initializers: [VariableReference: any Initializer]

  /// A layer of these sizes.
  ///
  /// - Parameter inChannels: The number of input channels, a multiple of `groups`.
  /// - Parameter outChannels: The number of output channels, a multiple of `groups`.
  /// - Parameter kernelSize: One to three sizes.
  /// - Parameter groups: How many groups of channels do not see one another; 1 or more.
  /// - Parameter bias: False leaves the bias out.
  /// - Parameter isTransposed: True for the transpose, which grows its input.
  /// - Parameter weightInitializer: In place of the convention's.
  /// - Parameter biasInitializer: In place of the convention's.
  public init(
    inChannels: Int, outChannels: Int, kernelSize: [Int], groups: Int = 1, bias: Bool = true,
    isTransposed: Bool = false, weightInitializer: (any Initializer)? = nil,
    biasInitializer: (any Initializer)? = nil
  ) {
    self.inChannels = inChannels
    self.outChannels = outChannels
    self.kernelSize = kernelSize
    self.groups = groups
    self.isTransposed = isTransposed
    self.bias = bias ? VariableReference() : nil
    initializers = .of((weight, weightInitializer), (self.bias, biasInitializer))
  }

  /// The variables of Keras and Flax; see `Layer`.
  ///
  /// - Throws: `ModuleError` with the codes `invalidLayer`, `unsupportedLayer`.
  public func variables(
    in convention: LayerConvention, path: String
  ) throws -> [LayerVariable] {
    try checkRank(path)
    guard groups >= 1, inChannels % groups == 0, outChannels % groups == 0 else {
      throw ModuleError.invalidLayer(
        "Convolution", path, "groups", found: "\(groups)",
        needed: "a divisor of the channels, which are \(inChannels) and \(outChannels)")
    }
    guard !isTransposed || groups == 1 else {
      throw ModuleError.unsupportedLayer(
        "a transposed convolution", path, in: convention, because: "has no groups")
    }
    let channels =
      isTransposed && convention == .keras
      ? [outChannels, inChannels] : [inChannels / groups, outChannels]
    let kernel = LayerVariable(
      weight, "kernel", shape: kernelSize + channels, convention.kernelInitializer())
    return [kernel] + convention.bias(bias, shape: [outChannels])
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
  }

  /// Declares PyTorch's layer; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    try checkRank(path)
    let (size, hasBias) = (TorchKernelSize(kernelSize), bias != nil)
    switch (kernelSize.count, isTransposed) {
    case (1, false):
      try torch.conv1d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    case (2, false):
      try torch.conv2d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    case (_, false):
      try torch.conv3d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    case (1, true):
      try torch.convTranspose1d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    case (2, true):
      try torch.convTranspose2d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    case (_, true):
      try torch.convTranspose3d(
        "", inChannels, outChannels, kernelSize: size, groups: groups, bias: hasBias)
    }
  }

  private func checkRank(_ path: String) throws {
    guard 1...3 ~= kernelSize.count else {
      throw ModuleError.invalidLayer(
        "Convolution", path, "a kernel of sizes", found: "\(kernelSize)",
        needed: "one to three sizes")
    }
  }
}
