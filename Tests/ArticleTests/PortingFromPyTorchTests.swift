import Foundation
import Nascent
import TestSupport
import Testing

struct TorchMLP: Variables {
  let hidden = Linear(inFeatures: 784, outFeatures: 128)
  let output = Linear(inFeatures: 128, outFeatures: 10)
  static let memberNames = ["hidden": "0", "output": "2"]
}

/// The code of `PortingFromPyTorch.md`, and what PyTorch holds after `torch.manual_seed(0)`.
struct PortingFromPyTorchTests {
  private struct Record: Decodable {
    struct Value: Decodable {
      let name: String
      let sha256: String
      let first: [Float]
    }
    let model: String
    let variables: [Value]
  }

  /// `nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))` in PyTorch.
  private static func recorded() throws -> [Record.Value] {
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/torch-models.json")
    let records = try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
    return try #require(records.first { $0.model == "mlp" }).variables
  }

  @Test func `the article prints what it shows, and that is what PyTorch gives`() async throws {
    let transcript = Transcript()
    func print(_ items: Any...) { transcript.print(items) }
    let folder = try TemporaryFolder()
    let path = folder.path("model.db")
    let modelPath = folder.path("model.safetensors")
    let trainedGraph = try VariableGraph(TorchMLP(), seed: 1, dialect: .pyTorch)
    let trainedStore = try CheckpointStore(path: folder.path("trained.db"))
    _ = try await Runtime(graph: trainedGraph, store: trainedStore).materialize()
    _ = try await trainedStore.export(to: modelPath)

    let model = TorchMLP()
    let graph = try VariableGraph(model, seed: 0, dialect: .pyTorch)
    let runtime = Runtime(graph: graph)
    for variable in graph.variables {
      print(variable.name, variable.shape, try await runtime.slice(of: variable.name, 0..<3))
    }

    var changed = graph
    try changed.reinitialize(model.output.weight, initializer: .torchXavierUniform())
    print(try changed.variable(of: model.output.weight))

    let file = try await ModelImport(from: ModelFile.open(modelPath))
    let store = try CheckpointStore(path: path)
    _ = try await file.store(in: store)

    let trained = Runtime(graph: graph)
    print(try await trained.restore(from: store))

    var keras = VariableGraph()
    for (layer, inputs, outputs) in [("hidden", 784, 128), ("output", 128, 10)] {
      try keras.declare("\(layer)/kernel", shape: [inputs, outputs], initializer: .heUniform())
      try keras.declare("\(layer)/bias", shape: [outputs], initializer: .zeros)
    }
    let configuration = RestoreConfiguration(
      nameMaps: [
        try NameMap("0.weight", to: "hidden/kernel"), try NameMap("0.bias", to: "hidden/bias"),
        try NameMap("2.weight", to: "output/kernel"), try NameMap("2.bias", to: "output/bias"),
      ],
      transpositions: [.init("*/kernel")])
    print(try store.restoreReport(for: keras, configuration: configuration))

    let page = try Page(article: "PortingFromPyTorch")
    #expect(transcript.text == page.output)
    let lines = page.output.split(separator: "\n")
    for (line, record) in zip(lines, try Self.recorded()) {
      #expect(line.hasPrefix(record.name) && line.hasSuffix("\(Array(record.first.prefix(3)))"))
      #expect(try await runtime.value(of: record.name).digest().hex == record.sha256)
      #expect(
        try await trained.value(of: record.name).digest()
          == trainedStore.tensor(named: record.name).digest())
    }
  }
}
