import Foundation
import Nascent
import TestSupport
import Testing

/// The recorded models of PyTorch, declared as structs.
struct TorchModuleTests {
  /// `nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))`
  private struct MLP: Variables {
    let hidden = Linear(inFeatures: 784, outFeatures: 128)
    let output = Linear(inFeatures: 128, outFeatures: 10)
    static let memberNames = ["hidden": "0", "output": "2"]
  }

  private struct WordModel: Variables {
    let embed = Embedding(count: 1000, width: 64)
    let lstm = RecurrentLayer.lstm(inFeatures: 64, hidden: 96, layers: 2)
    let head = Linear(inFeatures: 96, outFeatures: 1000)
  }

  /// `nn.TransformerEncoderLayer(128, 4, 512)`
  private struct EncoderLayer: Variables {
    let attention = MultiHeadAttention(width: 128, heads: 4)
    let linear1 = Linear(inFeatures: 128, outFeatures: 512)
    let linear2 = Linear(inFeatures: 512, outFeatures: 128)
    let norm1 = Normalization.layer(128)
    let norm2 = Normalization.layer(128)
    static let memberNames = ["attention": "self_attn"]
  }

  /// `torchvision.models.resnet18()`
  private struct ResNet: Variables {
    var conv1 = convolution(3, 64, 7)
    var bn1 = Normalization.batch(channels: 64)
    var layer1 = [BasicBlock(64, 64), BasicBlock(64, 64)]
    var layer2 = [BasicBlock(64, 128), BasicBlock(128, 128)]
    var layer3 = [BasicBlock(128, 256), BasicBlock(256, 256)]
    var layer4 = [BasicBlock(256, 512), BasicBlock(512, 512)]
    var fc = Linear(inFeatures: 512, outFeatures: 1000)

    /// At the end of its `__init__`, `for m in self.modules()`.
    func declare(in model: inout ModelBuilder) throws {
      try model.declareMembers(of: self)
      let blocks = layer1 + layer2 + layer3 + layer4
      let convolutions =
        [conv1] + blocks.flatMap { [$0.conv1, $0.conv2] + ($0.shortcut?.prefix(1) ?? []) }
      for convolution in convolutions.compactMap({ $0 as? Convolution }) {
        try model.initialize(
          convolution.weight, .torchKaimingNormal(mode: .fanOut, nonlinearity: .relu))
      }
    }
  }

  private struct BasicBlock: Variables {
    /// torchvision makes it before the block that it belongs to.
    let shortcut: [any Variables]?
    let conv1: any Variables
    let bn1: Normalization
    let conv2: any Variables
    let bn2: Normalization
    static let memberNames = ["shortcut": "downsample"]

    init(_ inputs: Int, _ outputs: Int) {
      shortcut =
        inputs == outputs
        ? nil : [convolution(inputs, outputs, 1), Normalization.batch(channels: outputs)]
      conv1 = convolution(inputs, outputs, 3)
      bn1 = .batch(channels: outputs)
      conv2 = convolution(outputs, outputs, 3)
      bn2 = .batch(channels: outputs)
    }
  }

  private static func convolution(_ inputs: Int, _ outputs: Int, _ size: Int) -> Convolution {
    Convolution(
      inChannels: inputs, outChannels: outputs, kernelSize: [size, size], bias: false)
  }

  private static let models:
    [String: (model: any Variables, layers: @Sendable () throws -> VariableGraph)] = [
      "mlp": (MLP(), { try TorchModels.mlp() }),
      "embedding-lstm": (WordModel(), { try TorchModels.embeddingLSTM() }),
      "transformer-layer": (EncoderLayer(), { try TorchModels.transformerLayer() }),
      "resnet18": (ResNet(), { try TorchModels.resnet18() }),
    ]

  @Test(arguments: models.keys.sorted())
  func `a model of structs declares what its layers do, one by one`(name: String) throws {
    let (model, layers) = try #require(Self.models[name])
    let graph = try VariableGraph(model, dialect: .pyTorch)
    let expected = try layers()
    #expect(graph.variables.map(\.name) == expected.variables.map(\.name))
    #expect(graph.variables.map(\.streamPlace) == expected.variables.map(\.streamPlace))
    #expect(graph.fingerprint() == expected.fingerprint())
    #expect(graph.stream == expected.stream)
  }

  @Test(arguments: ["mlp", "embedding-lstm", "transformer-layer"])
  func `a model of structs has PyTorch's digests`(name: String) async throws {
    struct Record: Decodable {
      struct Value: Decodable {
        let name: String
        let sha256: String
      }
      let model: String
      let variables: [Value]
    }
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/torch-models.json")
    let records = try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
    let record = try #require(records.first { $0.model == name })
    let model = try #require(Self.models[name]).model
    let runtime = Runtime(graph: try VariableGraph(model, dialect: .pyTorch))
    for value in record.variables {
      #expect(try await runtime.value(of: value.name).digest().hex == value.sha256, "\(value.name)")
    }
  }

  @Test func `a head that takes the table's matrix has drawn its own before`() throws {
    struct Tied: Variables {
      let words = Embedding(count: 10, width: 4)
      var head = Linear(inFeatures: 4, outFeatures: 10)
      let last = Linear(inFeatures: 2, outFeatures: 2)
      init(isTied: Bool) { if isTied { head.weight = words.weight } }
    }
    let tied = Tied(isTied: true)
    let graph = try VariableGraph(tied, dialect: .pyTorch)
    let free = try VariableGraph(Tied(isTied: false), dialect: .pyTorch)
    #expect(graph.aliases.map(\.name) == ["head.weight"])
    #expect(graph.name(of: tied.head.weight) == "words.weight")
    #expect(graph.stream == free.stream)
    for name in ["head.bias", "last.weight"] {
      #expect(graph[name]?.streamPlace == free[name]?.streamPlace)
    }
  }

  @Test func `a layer that is held twice is made once`() throws {
    struct Twice: Variables {
      let first = MultiHeadAttention(width: 8, heads: 2)
      let again: MultiHeadAttention
      let lstm = RecurrentLayer.lstm(inFeatures: 2, hidden: 3)
      let echo: RecurrentLayer
      init() {
        again = first
        echo = lstm
      }
    }
    struct Once: Variables {
      let first = MultiHeadAttention(width: 8, heads: 2)
      let lstm = RecurrentLayer.lstm(inFeatures: 2, hidden: 3)
    }
    for dialect in Dialect.all {
      let twice = try VariableGraph(Twice(), seed: 1, dialect: dialect)
      let once = try VariableGraph(Once(), seed: 1, dialect: dialect)
      #expect(twice.variables.map(\.name) == once.variables.map(\.name))
      #expect(twice.fingerprints().map(\.fingerprint) == once.fingerprints().map(\.fingerprint))
      #expect(twice.stream == once.stream)
      #expect(twice.aliases.count == twice.variables.count)
      #expect(twice.aliases.allSatisfy { $0.name.hasPrefix("again") || $0.name.hasPrefix("echo") })
    }
  }

  @Test(arguments: 1...3)
  func `convolutions of every rank are TorchModel's`(rank: Int) throws {
    for (groups, isTransposed) in [(1, false), (2, false), (1, true), (2, true)] {
      let layer = Convolution(
        inChannels: 4, outChannels: 6, kernelSize: Array(repeating: 3, count: rank),
        groups: groups, isTransposed: isTransposed)
      var torch = TorchModel(seed: 0)
      switch (rank, isTransposed) {
      case (1, false): try torch.conv1d("", 4, 6, kernelSize: 3, groups: groups)
      case (2, false): try torch.conv2d("", 4, 6, kernelSize: 3, groups: groups)
      case (_, false): try torch.conv3d("", 4, 6, kernelSize: 3, groups: groups)
      case (1, true): try torch.convTranspose1d("", 4, 6, kernelSize: 3, groups: groups)
      case (2, true): try torch.convTranspose2d("", 4, 6, kernelSize: 3, groups: groups)
      case (_, true): try torch.convTranspose3d("", 4, 6, kernelSize: 3, groups: groups)
      }
      #expect(
        try VariableGraph(layer, dialect: .pyTorch).fingerprint() == torch.graph.fingerprint())
    }
  }

  @Test func `other layers and forms are TorchModel's`() throws {
    let layers: [(any Variables, (inout TorchModel) throws -> Void)] = [
      (
        Linear(inFeatures: 5, outFeatures: 3, bias: false), { try $0.linear("", 5, 3, bias: false) }
      ),
      (
        Embedding(count: 50, width: 12, paddingIndex: 3),
        { try $0.embedding("", 50, 12, paddingIndex: 3) }
      ),
      (Normalization.layer([3, 4], bias: false), { try $0.layerNorm("", [3, 4], bias: false) }),
      (Normalization.batch(channels: 5), { try $0.batchNorm("", 5) }),
      (Normalization.group(channels: 6), { try $0.groupNorm("", 6) }),
      (Normalization.rootMeanSquare(7), { try $0.rmsNorm("", 7) }),
      (
        MultiHeadAttention(width: 16, heads: 4, keyWidth: 8, bias: false),
        { try $0.multiheadAttention("", 16, heads: 4, bias: false, keyWidth: 8) }
      ),
      (
        RecurrentLayer.lstm(
          inFeatures: 5, hidden: 4, layers: 2, bidirectional: true, projection: 3),
        { try $0.lstm("", 5, 4, 2, bidirectional: true, projection: 3) }
      ),
      (
        RecurrentLayer.gru(inFeatures: 5, hidden: 4, layers: 2, bias: false),
        { try $0.gru("", 5, 4, 2, bias: false) }
      ),
    ]
    for (layer, declare) in layers {
      var torch = TorchModel(seed: 0)
      try declare(&torch)
      let graph = try VariableGraph(layer, dialect: .pyTorch)
      #expect(graph.variables.map(\.name) == torch.graph.variables.map(\.name))
      #expect(graph.fingerprint() == torch.graph.fingerprint())
      #expect(graph.stream == torch.graph.stream)
    }
  }

  @Test func `every reference of a layer stands for one of its variables`() throws {
    let attention = MultiHeadAttention(width: 8, heads: 2)
    let torch = try VariableGraph(attention, dialect: .pyTorch)
    #expect(torch.name(of: attention.packedWeight) == "in_proj_weight")
    #expect(torch.name(of: attention.outputBias) == "out_proj.bias")
    #expect(torch.name(of: attention.queryWeight) == nil)
    let keras = try VariableGraph(attention)
    #expect(keras.name(of: attention.queryWeight) == "query/kernel")
    #expect(keras.name(of: attention.outputWeight) == "attention_output/kernel")
    let norm = Normalization.batch(channels: 3)
    #expect(
      try VariableGraph(norm, dialect: .pyTorch).name(of: norm.batchCount) == "num_batches_tracked")
    #expect(try VariableGraph(norm).name(of: norm.runningMean) == "moving_mean")
    let lstm = RecurrentLayer.lstm(inFeatures: 2, hidden: 3)
    #expect(try VariableGraph(lstm).name(of: lstm.recurrentWeight) == "lstm_cell/recurrent_kernel")
    #expect(try VariableGraph(lstm, dialect: .pyTorch).name(of: lstm.bias) == "bias_ih_l0")
  }
}
