import Nascent
import TestSupport
import Testing

/// The code of `Dialects.md`, and what Keras gave on each backend.
@Test func `Dialects prints what it shows, and that is what Keras gives`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }

  for dialect in [Dialect.tensorFlow, .jax, .pyTorch] {
    var graph = VariableGraph(dialect: dialect)
    try graph.declare("w", shape: [3, 3], initializer: .heUniform(seed: 7))
    print(dialect, try await Runtime(graph: graph).slice(of: "w", 0..<3))
  }

  var mixed = VariableGraph()
  try mixed.declare("keras", shape: [3, 3], initializer: .heUniform(seed: 7))
  try mixed.declare("jax", shape: [3, 3], initializer: .jaxHeUniform(seed: 7))
  print(mixed.variables.map { "\($0.name): \($0.dialect)" })

  func firstValue(of name: String, in dialect: Dialect, _ names: [String]) async throws -> Tensor {
    var graph = VariableGraph(seed: 0, dialect: dialect)
    for name in names { try graph.declare(name, shape: [20], initializer: .normal()) }
    return try await Runtime(graph: graph).slice(of: name, 0..<1)
  }

  for dialect in [Dialect.tensorFlow, .pyTorch] {
    let alone = try await firstValue(of: "b", in: dialect, ["b"])
    let behind = try await firstValue(of: "b", in: dialect, ["a", "b"])
    print(dialect, alone.digest() == behind.digest() ? "does not count" : "counts")
  }

  let page = try Page(article: "Dialects")
  #expect(transcript.text == page.output)
  let lines = page.output.split(separator: "\n")
  for (place, file) in ["keras-tensorflow", "keras-jax", "keras-torch"].enumerated() {
    let values = try recordedHeUniform(in: "\(file).json", shape: [3, 3]).floats
    #expect(lines[place].hasSuffix("\(Array(values.prefix(3)))"))
  }
}

/// What `keras.initializers.HeUniform(seed=7)` gave.
func recordedHeUniform(in file: String, shape: [Int]) throws -> ReferenceVector {
  try #require(
    try ReferenceVector.load(file).first {
      $0.className == "HeUniform" && $0.seeds == [7] && $0.shape == shape && $0.dtype == "float32"
    })
}
