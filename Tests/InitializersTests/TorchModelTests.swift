import Foundation
import Nascent
import TestSupport
import Testing

/// What whole models of PyTorch hold right after `torch.manual_seed(0)` and their constructor.
struct TorchModelTests {
  private struct Record: Decodable {
    let model: String
    let draws: [Draw]
    let variables: [Value]

    struct Draw: Decodable {
      let shape: [Int]
      let variable: String?
    }

    struct Value: Decodable {
      let name: String
      let shape: [Int]
      let dtype: String
      let sha256: String
    }
  }

  private static func record(of model: String) throws -> Record {
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/torch-models.json")
    let records = try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
    return try #require(records.first { $0.model == model })
  }

  private static let models: [String: @Sendable () throws -> VariableGraph] = [
    "mlp": { try TorchModels.mlp() }, "lenet": { try TorchModels.lenet() },
    "embedding-lstm": { try TorchModels.embeddingLSTM() },
    "transformer-layer": { try TorchModels.transformerLayer() },
    "resnet18": { try TorchModels.resnet18() },
  ]

  @Test(arguments: models.keys.sorted())
  func `a whole model has PyTorch's digests`(model: String) async throws {
    let record = try Self.record(of: model)
    let graph = try #require(try Self.models[model]?())
    #expect(graph.variables.map(\.name).sorted() == record.variables.map(\.name).sorted())
    let runtime = Runtime(graph: graph)
    for value in record.variables {
      let variable = try graph.variable(named: value.name)
      #expect(variable.shape.dimensions == value.shape)
      #expect(variable.scalarType.rawValue == value.dtype)
      let digest = try await runtime.value(of: value.name).digest().hex
      #expect(digest == value.sha256, "\(model) \(value.name)")
    }
  }

  @Test(arguments: models.keys.sorted())
  func `the stream is as long as the draws that PyTorch made`(model: String) throws {
    let record = try Self.record(of: model)
    let graph = try #require(try Self.models[model]?())
    // All of them are in float32; a normal of 16 or more draws its last 16 again.
    let words = record.draws.reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(record.draws.allSatisfy { $0.shape.reduce(1, *) % 16 == 0 || $0.variable != nil })
    #expect(graph.stream.wordCount == words)
  }

  @Test(arguments: ["layer2.0.conv2.weight", "layer4.1.conv1.weight", "fc.bias"])
  func `a variable from the middle of ResNet-18 is the same alone`(name: String) async throws {
    let record = try Self.record(of: "resnet18")
    let expected = try #require(record.variables.first { $0.name == name }).sha256
    // A new graph, so that nothing of its stream is known: the place is reached by a jump.
    let graph = try TorchModels.resnet18()
    let place = try #require(try graph.variable(named: name).streamPlace?.wordCount)
    #expect(place > 10_000_000)
    #expect(try await Runtime(graph: graph).value(of: name).digest().hex == expected)
  }

  @Test func `the manifest of ResNet-18 declares what its layers do`() throws {
    let file = ProjectFiles.root.appending(path: "Examples/models/resnet18-pytorch.json")
    let graph = try GraphManifest(registry: .standard).graph(from: Data(contentsOf: file))
    #expect(try graph.fingerprint() == TorchModels.resnet18().fingerprint())
  }

  @Test func `slices of a variable in the middle are those of the whole`() async throws {
    let graph = try TorchModels.resnet18()
    let name = "layer3.0.conv2.weight"
    let whole = try await Runtime(graph: graph).value(of: name).array(of: Float.self)
    for range in [0..<1, 3..<40, 262_000..<263_000, whole.count - 17..<whole.count] {
      let slice = try await Runtime(graph: TorchModels.resnet18()).slice(of: name, range)
      #expect(try slice.array(of: Float.self) == Array(whole[range]))
    }
  }

  @Test func `a store remakes a model whose draws were overwritten`() async throws {
    let folder = try TemporaryFolder()
    let graph = try TorchModels.transformerLayer()
    let store = try CheckpointStore(path: folder.path("model.db"))
    _ = try await Runtime(graph: graph, store: store).materialize()
    let remade = try store.graph()
    #expect(remade.fingerprint() == graph.fingerprint())
    let value = try await Runtime(graph: remade).value(of: "self_attn.in_proj_weight")
    let record = try Self.record(of: "transformer-layer")
    #expect(value.digest().hex == record.variables[0].sha256)
  }
}
