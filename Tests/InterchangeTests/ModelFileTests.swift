import Foundation
import Initializers
import Interchange
import TestSupport
import Testing
import VariableGraph

/// Formats by name, from one to another, and manifests of model files.
struct ModelFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a name that says no format is refused`() {
    #expect {
      try ModelFile.open("model.bin")
    } throws: {
      "\($0)" == """
        The name of "model.bin" does not end as a model file's: .safetensors, .safetensors.index.json, \
        .npz or .npy.
        Give the file such a name.
        """
    }
  }

  @Test func `one format becomes the other and the first again`() throws {
    let original = InterchangeVector.path("all.safetensors")
    let npz = folder.path("all.npz")
    _ = try ModelFile.write(ModelFile.open(original), to: npz)
    #expect(
      try Data(contentsOf: URL(filePath: npz))
        == Data(contentsOf: URL(filePath: InterchangeVector.path("all.npz"))))
    let back = folder.path("all.safetensors")
    var configuration = ModelFile.Configuration()
    configuration.metadata = { _ in [MetadataPair("format", "pt")] }
    _ = try ModelFile.write(ModelFile.open(npz), to: back, configuration)
    #expect(
      try Data(contentsOf: URL(filePath: back)) == Data(contentsOf: URL(filePath: original)))
  }

  @Test func `several tensors are not one array`() throws {
    let path = folder.path("a.npy")
    let rows = try InterchangeVector.load()
    #expect {
      try ModelFile.write(MemoryTensors(rows), to: path)
    } throws: {
      "\($0)" == """
        Cannot write "\(path)": a .npy file holds one tensor, and 17 are selected.
        Select one with --only, or write a .npz or .safetensors file.
        """
    }
  }

  @Test func `an unknown tensor is refused with those there are`() throws {
    let file = try ModelFile.open(InterchangeVector.path("bfloat16.npy"))
    #expect {
      try file.tensor(named: "x")
    } throws: {
      "\($0)" == """
        The file has no tensor "x"; it has "bfloat16".
        Correct the name.
        """
    }
  }

  @Test func `a manifest of a file declares its tensors, and rules make it a graph`() throws {
    let file = try ModelFile.open(InterchangeVector.path("all.safetensors"))
    let manifest = GraphManifest(registry: .standard)
    let open = try manifest.data(declaring: file, seed: 5, dialect: .jax)
    #expect {
      try manifest.graph(from: open)
    } throws: {
      ($0 as? GraphError)?.code == .missingInitializer
    }
    let rules = Data(#"{"rules": [{"match": "*", "initializer": "zeros"}]}"#.utf8)
    let graph = try manifest.graph(from: open, rules: manifest.rules(from: rules))
    #expect(graph.seed == 5)
    #expect(graph.dialect == .jax)
    #expect(graph.variables.map(\.name) == file.entries.map(\.name))
    #expect(graph.variables.map(\.shape) == file.entries.map(\.shape))
    #expect(graph.variables.map(\.scalarType) == file.entries.map(\.scalarType))
    let closed = try manifest.data(declaring: file, seed: 5, dialect: .jax, rules: rules)
    #expect(try manifest.graph(from: closed).fingerprint() == graph.fingerprint())
  }

  @Test func `tied names of a file are tied in its manifest`() throws {
    let path = folder.path("tied.safetensors")
    var configuration = ModelFile.Configuration()
    configuration.metadata = { _ in
      [MetadataPair("format", "pt"), MetadataPair("head", "a"), MetadataPair("note", "b")]
    }
    _ = try ModelFile.write(
      MemoryTensors([(name: "a", bytes: [1]), (name: "pt", bytes: [2])]), to: path, configuration)
    let manifest = GraphManifest(registry: .standard)
    let rules = Data(#"[{"match": "*", "initializer": "zeros"}]"#.utf8)
    let graph = try manifest.graph(
      from: manifest.data(declaring: ModelFile.open(path), rules: rules))
    #expect(graph.aliases.map { [$0.name, $0.target] } == [["head", "a"]])
  }
}
