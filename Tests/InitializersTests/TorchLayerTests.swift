import Foundation
import Nascent
import TestSupport
import Testing

/// Layers of `torch.nn` made after `torch.manual_seed(5)`, and the random numbers that follow.
struct TorchLayerTests {
  private struct Record: Decodable {
    let layer: String
    let following: String
    let variables: [Value]

    struct Value: Decodable {
      let name: String
      let shape: [Int]
      let dtype: String
      let sha256: String
    }
  }

  private static let layers: [String: @Sendable (inout TorchModel) throws -> Void] = [
    "linear": { try $0.linear("", 37, 11) },
    "linear without bias": { try $0.linear("", 5, 3, bias: false) },
    "linear of no inputs": { try $0.linear("", 0, 5) },
    "bilinear": { try $0.bilinear("", 7, 5, 11) },
    "embedding": { try $0.embedding("", 50, 12) },
    "embedding with padding": { try $0.embedding("", 50, 12, paddingIndex: 3) },
    "embedding with padding from the end": { try $0.embedding("", 3, 4, paddingIndex: -1) },
    "conv1d": { try $0.conv1d("", 4, 6, kernelSize: 5) },
    "conv2d of groups": { try $0.conv2d("", 8, 12, kernelSize: [3, 2], groups: 4) },
    "conv3d": { try $0.conv3d("", 3, 8, kernelSize: [3, 2, 1]) },
    "depthwise conv2d": { try $0.conv2d("", 16, 16, kernelSize: 3, groups: 16, bias: false) },
    "transposed conv1d": { try $0.convTranspose1d("", 4, 6, kernelSize: 5) },
    "transposed conv2d of groups": { try $0.convTranspose2d("", 6, 4, kernelSize: 3, groups: 2) },
    "transposed conv3d": { try $0.convTranspose3d("", 2, 3, kernelSize: 2) },
    "lstm": { try $0.lstm("", 10, 20, 2) },
    "bidirectional lstm": { try $0.lstm("", 6, 5, 2, bidirectional: true) },
    "lstm with projection": { try $0.lstm("", 6, 8, 2, projection: 3) },
    "gru": { try $0.gru("", 9, 7, 2, bias: false) },
    "rnn": { try $0.rnn("", 3, 4, 2, bidirectional: true) },
    "batch norm": { try $0.batchNorm("", 9) },
    "layer norm": { try $0.layerNorm("", [3, 4]) },
    "group norm": { try $0.groupNorm("", 6) },
    "rms norm": { try $0.rmsNorm("", 5) },
    "attention": { try $0.multiheadAttention("", 12, heads: 3) },
    "attention of other widths": {
      try $0.multiheadAttention("", 12, heads: 3, keyWidth: 5, valueWidth: 7)
    },
    "attention with added keys": {
      try $0.multiheadAttention("", 8, heads: 2, addsBiasKV: true)
    },
    "attention without bias": { try $0.multiheadAttention("", 8, heads: 2, bias: false) },
    "encoder layer": { try $0.transformerEncoderLayer("", 16, heads: 2, feedForward: 24) },
    "decoder layer": { try $0.transformerDecoderLayer("", 16, heads: 2, feedForward: 24) },
  ]

  @Test func `every layer has PyTorch's parameters and leaves its generator as PyTorch does`()
    async throws
  {
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/torch-layers.json")
    let records = try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
    #expect(records.map(\.layer).sorted() == Self.layers.keys.sorted())
    for record in records {
      var torch = TorchModel(seed: 5)
      let declare = try #require(Self.layers[record.layer])
      try declare(&torch)
      #expect(
        torch.graph.variables.map(\.name) == record.variables.map(\.name).sorted(like: torch.graph))
      try torch.parameter("following", shape: [4], .torchUniform())
      let runtime = Runtime(graph: torch.graph)
      for value in record.variables {
        let variable = try torch.graph.variable(named: value.name)
        #expect(variable.shape.dimensions == value.shape, "\(record.layer) \(value.name)")
        #expect(variable.scalarType.rawValue == value.dtype)
        let digest = try await runtime.value(of: value.name).digest().hex
        #expect(digest == value.sha256, "\(record.layer) \(value.name)")
      }
      #expect(
        try await runtime.value(of: "following").digest().hex == record.following,
        "\(record.layer)")
    }
  }

  @Test func `layers that PyTorch refuses are refused`() throws {
    var torch = TorchModel()
    #expect(throws: InitializerError.self) {
      try torch.conv2d("c", 8, 12, kernelSize: 3, groups: 5)
    }
    #expect(throws: InitializerError.self) { try torch.conv2d("c", 8, 12, kernelSize: [3]) }
    #expect(throws: InitializerError.self) {
      try torch.conv2d("c", 8, 12, kernelSize: 3, groups: 0)
    }
    #expect(throws: InitializerError.self) { try torch.multiheadAttention("a", 10, heads: 3) }
    #expect(throws: GraphError.self) { try torch.embedding("e", 5, 3, paddingIndex: 5) }
    #expect(throws: GraphError.self) { try torch.embedding("e", 5, 3, paddingIndex: .min) }
    #expect(throws: GraphError.self) { try torch.linear("l", -1, 3) }
    #expect(throws: GraphError.self) { try torch.lstm("l", 3, .max) }
    #expect(throws: GraphError.self) { try torch.initialize("none", .torchNormal()) }
    #expect(torch.graph.variables.isEmpty)
    #expect(torch.graph.stream == .beginning)
  }

  @Test func `a layer twice under one name is refused`() throws {
    var torch = TorchModel()
    try torch.linear("fc", 3, 2)
    #expect(throws: GraphError.self) { try torch.linear("fc", 3, 2) }
  }
}

extension [String] {
  /// The names in the order of the graph; PyTorch lists buffers after parameters.
  fileprivate func sorted(like graph: VariableGraph) -> [String] {
    let order = Dictionary(
      uniqueKeysWithValues: graph.variables.enumerated().map { ($1.name, $0) })
    return sorted { order[$0, default: .max] < order[$1, default: .max] }
  }
}
