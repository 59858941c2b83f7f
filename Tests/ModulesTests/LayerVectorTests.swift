import Foundation
import Nascent
import TestSupport
import Testing

/// Layers in the conventions of Keras and Flax against what the frameworks hold; see
/// `Tests/Vectors/make_modules.py`.
struct LayerVectorTests {
  private struct Record: Decodable, Sendable {
    let convention: String
    let layer: String
    let variables: [Value]

    struct Value: Decodable, Sendable {
      let name: String
      let shape: [Int]
      let `class`: String?
      let config: [String: JSONValue]?
      let values: [Float]?
      let sha256: String?
    }
  }

  private static func records(_ convention: String) throws -> [Record] {
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/modules.json")
    return try JSONDecoder().decode([Record].self, from: Data(contentsOf: file))
      .filter { $0.convention == convention }
  }

  private static let layers: [String: @Sendable () -> any Variables] = [
    "linear": { Linear(inFeatures: 37, outFeatures: 11) },
    "linear without bias": { Linear(inFeatures: 5, outFeatures: 3, bias: false) },
    "conv1d of groups": {
      Convolution(inChannels: 4, outChannels: 6, kernelSize: [5], groups: 2)
    },
    "conv2d": { Convolution(inChannels: 8, outChannels: 12, kernelSize: [3, 2]) },
    "conv3d": { Convolution(inChannels: 6, outChannels: 4, kernelSize: [3, 2, 1]) },
    "transposed conv2d": {
      Convolution(inChannels: 6, outChannels: 4, kernelSize: [3, 3], isTransposed: true)
    },
    "embedding": { Embedding(count: 50, width: 12) },
    "layer norm": { Normalization.layer(7) },
    "batch norm": { Normalization.batch(channels: 7) },
    "group norm": { Normalization.group(channels: 8) },
    "rms norm": { Normalization.rootMeanSquare(7) },
    "attention": { MultiHeadAttention(width: 32, heads: 4) },
    "lstm": { RecurrentLayer.lstm(inFeatures: 4, hidden: 6) },
    "gru": { RecurrentLayer.gru(inFeatures: 4, hidden: 6) },
  ]

  private struct Model: Variables {
    let part: any Variables
    let after: Linear?
  }

  @Test func `Keras's layers have its names, shapes and initializers`() async throws {
    let records = try Self.records("keras")
    #expect(Set(records.map(\.layer)) == Set(Self.layers.keys))
    for record in records {
      let layer = try #require(Self.layers[record.layer]?())
      let graph = try VariableGraph(Model(part: layer, after: nil))
      #expect(graph.variables.map(\.name) == record.variables.map { "part/\($0.name)" })
      let runtime = Runtime(graph: graph)
      for value in record.variables {
        let comment = Comment(rawValue: "\(record.layer) \(value.name)")
        let variable = try graph.variable(named: "part/\(value.name)")
        #expect(variable.shape.dimensions == value.shape, comment)
        #expect(
          (variable.metadata["kind"] == "state") == value.name.hasPrefix("moving"), comment)
        if let values = value.values {
          #expect(
            try await runtime.value(of: variable.name).array(of: Float.self) == values, comment)
        } else {
          let expected = try InitializerRegistry.standard.initializer([
            "class_name": .string(#require(value.class)), "config": .object(value.config ?? [:]),
          ])
          #expect(variable.initializer.configuration == expected.configuration, comment)
        }
      }
    }
  }

  @Test(arguments: [Dialect.flaxLinen.name, Dialect.flaxNNX.name])
  func `Flax's layers have its names, shapes and bytes`(name: String) async throws {
    let dialect = try Dialect(named: name)
    let records = try Self.records(name)
    #expect(Set(records.map(\.layer)) == Set(Self.layers.keys))
    var compared = 0
    for record in records {
      let after = dialect == .flaxNNX ? Linear(inFeatures: 3, outFeatures: 2) : nil
      let layer = try #require(Self.layers[record.layer]?())
      let graph = try VariableGraph(
        Model(part: layer, after: after), seed: 5, dialect: dialect)
      #expect(
        graph.variables.map(\.name).sorted() == record.variables.map(\.name).sorted())
      let runtime = Runtime(graph: graph)
      for value in record.variables {
        let comment = Comment(rawValue: "\(record.layer) \(value.name)")
        let variable = try graph.variable(named: value.name)
        #expect(variable.shape.dimensions == value.shape, comment)
        if let digest = value.sha256 {
          #expect(try await runtime.value(of: value.name).digest().hex == digest, comment)
          compared += 1
        } else {
          #expect(variable.initializer.configuration.className.hasSuffix("orthogonal"), comment)
        }
      }
    }
    #expect(compared > 40)
  }

  @Test func `Keras's layers in JAX's dialect are Keras's, where it is said`() throws {
    let layer = Linear(inFeatures: 3, outFeatures: 4)
    let keras = try VariableGraph(layer, dialect: .jax, convention: .keras)
    #expect(keras.variables.map(\.name) == ["kernel", "bias"])
    #expect(keras.variables[0].initializer.configuration.className == "GlorotUniform")
    let flax = try VariableGraph(layer, dialect: .jax)
    #expect(
      flax.variables[0].initializer.configuration.className == "jax.nn.initializers.lecun_normal")
  }

  @Test func `an initializer in place of the convention's is taken in each`() throws {
    for dialect in Dialect.all {
      let layer = Linear(
        inFeatures: 3, outFeatures: 4, weightInitializer: .normal(standardDeviation: 0.02),
        biasInitializer: .constant(1))
      let graph = try VariableGraph(layer, seed: 1, dialect: dialect)
      #expect(
        graph.variables.map(\.initializer.configuration.className) == ["RandomNormal", "Constant"])
      #expect(graph[layer.weight]?.name == graph.variables[0].name)
    }
  }
}
