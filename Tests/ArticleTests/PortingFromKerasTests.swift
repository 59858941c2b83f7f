import Foundation
import Nascent
import TestSupport
import Testing

struct KerasModel: Variables {
  let dense = Linear(
    inFeatures: 784, outFeatures: 128, weightInitializer: .heUniform(seed: 7))
}

/// The code of `PortingFromKeras.md`, and what Keras gave on each backend.
@Test func `Porting from Keras prints what it shows, and that is what Keras gives`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }

  let graph = try VariableGraph(KerasModel())
  for variable in graph.variables { print(variable) }
  print(try await Runtime(graph: graph).slice(of: "dense/kernel", 0..<3))

  for dialect in [Dialect.tensorFlow, .jax, .pyTorch] {
    let graph = try VariableGraph(KerasModel(), dialect: dialect, convention: .keras)
    let kernel = try await Runtime(graph: graph).value(of: "dense/kernel")
    print(dialect, kernel.digest().hex.prefix(12))
  }

  let config = """
    {"module": "keras.initializers", "class_name": "VarianceScaling", "registered_name": null,
     "config": {"scale": 2.0, "mode": "fan_in", "distribution": "uniform", "seed": 7}}
    """
  let initializer = try InitializerRegistry.standard.initializer(
    JSONValue(parsing: Data(config.utf8)))
  print(initializer.configuration)

  let page = try Page(article: "PortingFromKeras")
  #expect(transcript.text == page.output)
  let digests = page.output.split(separator: "\n").filter { !$0.hasPrefix("V") }.dropFirst()
  for (line, file) in zip(digests, ["keras-tensorflow", "keras-jax", "keras-torch"]) {
    let vector = try recordedHeUniform(in: "\(file).json", shape: [784, 128])
    #expect(line.hasSuffix(vector.sha256.prefix(12)))
  }
  #expect(digests.count == 3)
}
