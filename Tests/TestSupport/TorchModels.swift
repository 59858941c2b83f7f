public import Nascent

/// Models as their authors write them in PyTorch, declared layer by layer.
public enum TorchModels {
  /// `nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))`
  public static func mlp(seed: Int64 = 0) throws -> VariableGraph {
    var torch = TorchModel(seed: seed)
    try torch.linear("0", 784, 128)
    try torch.linear("2", 128, 10)
    return torch.graph
  }

  /// LeNet-5 as an `nn.Sequential`.
  public static func lenet(seed: Int64 = 0) throws -> VariableGraph {
    var torch = TorchModel(seed: seed)
    try torch.conv2d("0", 1, 6, kernelSize: 5)
    try torch.conv2d("2", 6, 16, kernelSize: 5)
    try torch.linear("4", 400, 120)
    try torch.linear("5", 120, 84)
    try torch.linear("6", 84, 10)
    return torch.graph
  }

  /// An embedding, two LSTM layers and a linear layer over words.
  public static func embeddingLSTM(seed: Int64 = 0) throws -> VariableGraph {
    var torch = TorchModel(seed: seed)
    try torch.embedding("embed", 1000, 64)
    try torch.lstm("lstm", 64, 96, 2)
    try torch.linear("head", 96, 1000)
    return torch.graph
  }

  /// `nn.TransformerEncoderLayer(128, 4, 512)`
  public static func transformerLayer(seed: Int64 = 0) throws -> VariableGraph {
    var torch = TorchModel(seed: seed)
    try torch.transformerEncoderLayer("", 128, heads: 4, feedForward: 512)
    return torch.graph
  }

  /// `torchvision.models.resnet18()`
  public static func resnet18(seed: Int64 = 0) throws -> VariableGraph {
    var torch = TorchModel(seed: seed)
    try torch.conv2d("conv1", 3, 64, kernelSize: 7, bias: false)
    try torch.batchNorm("bn1", 64)
    var convolutions = ["conv1"]
    var inputs = 64
    for (stage, channels) in [64, 128, 256, 512].enumerated() {
      for block in 0..<2 {
        let name = "layer\(stage + 1).\(block)"
        let isNarrowing = inputs != channels
        try torch.scope(name) { torch in
          // torchvision makes the shortcut before the block that it belongs to.
          if isNarrowing {
            try torch.conv2d("downsample.0", inputs, channels, kernelSize: 1, bias: false)
            try torch.batchNorm("downsample.1", channels)
          }
          try torch.conv2d("conv1", inputs, channels, kernelSize: 3, bias: false)
          try torch.batchNorm("bn1", channels)
          try torch.conv2d("conv2", channels, channels, kernelSize: 3, bias: false)
          try torch.batchNorm("bn2", channels)
        }
        convolutions += ["\(name).conv1", "\(name).conv2"]
        if isNarrowing { convolutions.append("\(name).downsample.0") }
        inputs = channels
      }
    }
    try torch.linear("fc", 512, 1000)
    // At the end of its `__init__`, `for m in self.modules()`.
    for convolution in convolutions {
      try torch.initialize(
        "\(convolution).weight", .torchKaimingNormal(mode: .fanOut, nonlinearity: .relu))
    }
    return torch.graph
  }
}
