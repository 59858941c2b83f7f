internal import VariableGraph

extension TorchModel {
  /// `nn.Conv1d(inputs, outputs, kernelSize)`; see `conv2d`.
  public mutating func conv1d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(name, "torch.nn.Conv1d", 1, inputs, outputs, kernelSize, groups, bias)
  }

  /// `nn.Conv2d(inputs, outputs, kernelSize)`: `weight` of [outputs, inputs / groups, …] and `bias`.
  ///
  /// - Parameter name: The module's name inside the present scope; an empty one stands for the
  ///   scope itself.
  /// - Parameter inputs: The number of input channels.
  /// - Parameter outputs: The number of output channels.
  /// - Parameter kernelSize: The taps along each of the two axes; one number stands for both.
  /// - Parameter groups: Divides both numbers of channels.
  /// - Parameter bias: False leaves `bias` out.
  /// - Throws: `InitializerError.Code.invalidParameter`; and as `VariableGraph.declare`.
  public mutating func conv2d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(name, "torch.nn.Conv2d", 2, inputs, outputs, kernelSize, groups, bias)
  }

  /// `nn.Conv3d(inputs, outputs, kernelSize)`; see `conv2d`.
  public mutating func conv3d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(name, "torch.nn.Conv3d", 3, inputs, outputs, kernelSize, groups, bias)
  }

  /// `nn.ConvTranspose1d(inputs, outputs, kernelSize)`; see `convTranspose2d`.
  public mutating func convTranspose1d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(
      name, "torch.nn.ConvTranspose1d", 1, inputs, outputs, kernelSize, groups, bias,
      isTransposed: true)
  }

  /// `nn.ConvTranspose2d(inputs, outputs, kernelSize)`: `weight` of [inputs, outputs / groups, …] and
  /// `bias`; PyTorch counts the second axis as inputs here, too.
  ///
  /// - Parameter name: The module's name inside the present scope; an empty one stands for the
  ///   scope itself.
  /// - Parameter inputs: The number of input channels.
  /// - Parameter outputs: The number of output channels.
  /// - Parameter kernelSize: The taps along each of the two axes; one number stands for both.
  /// - Parameter groups: Divides both numbers of channels.
  /// - Parameter bias: False leaves `bias` out.
  /// - Throws: `InitializerError.Code.invalidParameter`; and as `VariableGraph.declare`.
  public mutating func convTranspose2d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(
      name, "torch.nn.ConvTranspose2d", 2, inputs, outputs, kernelSize, groups, bias,
      isTransposed: true)
  }

  /// `nn.ConvTranspose3d(inputs, outputs, kernelSize)`; see `convTranspose2d`.
  public mutating func convTranspose3d(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: TorchKernelSize, groups: Int = 1,
    bias: Bool = true
  ) throws {
    try convolution(
      name, "torch.nn.ConvTranspose3d", 3, inputs, outputs, kernelSize, groups, bias,
      isTransposed: true)
  }

  private mutating func convolution(
    _ name: String, _ layer: String, _ rank: Int, _ inputs: Int, _ outputs: Int,
    _ kernelSize: TorchKernelSize, _ groups: Int, _ bias: Bool, isTransposed: Bool = false
  ) throws {
    guard let kernel = kernelSize.sizes(rank: rank) else {
      throw InitializerError.invalidParameter(
        layer, "kernelSize", found: kernelSize.text, needed: "one size, or \(rank)")
    }
    guard groups >= 1, inputs % groups == 0, outputs % groups == 0 else {
      throw InitializerError.invalidParameter(
        layer, "groups", found: "\(groups)",
        needed: "a divisor of the channels, which are \(inputs) and \(outputs)")
    }
    let channels = isTransposed ? [inputs, outputs / groups] : [outputs, inputs / groups]
    let fanIn = kernel.map(Double.init).reduce(Double(channels[1]), *)
    try scope(name) { torch in
      try torch.parameter("weight", shape: channels + kernel, Self.weight)
      if bias {
        try torch.parameter("bias", shape: [outputs], Self.uniform(inverseRootOf: fanIn))
      }
    }
  }
}
