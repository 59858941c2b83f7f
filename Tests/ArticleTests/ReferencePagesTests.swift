import Nascent
import TestSupport
import Testing

struct Decoder: Variables {
  let words: Embedding
  let layers: [Linear]
  let head: VariableReference
  static let memberNames = ["head": "lm_head.weight"]

  init(width: Int) {
    words = Embedding(count: 1000, width: width)
    layers = (0..<4).map { _ in Linear(inFeatures: width, outFeatures: width) }
    head = words.weight
  }
}

/// The code of `Docs/Cluster.md`, `Docs/Expressions.md`, `Docs/Modules.md`, `Docs/Proofs.md` and
/// `Docs/PyTorch.md`.
struct ReferencePagesTests {
  @Test func `the model of Modules has its names`() throws {
    let decoder = try VariableGraph(Decoder(width: 8), dialect: .flaxNNX)
    #expect(decoder.variables[7].name == "layers.3.kernel")
    #expect(decoder.aliases.map(\.name) == ["lm_head.weight"])
  }

  @Test func `the declarations of Expressions are declared`() throws {
    var graph = VariableGraph()
    try graph.declare("encoder/kernel", shape: [2, 3], initializer: .heUniform())
    try graph.declare("b", shape: [784, 128], initializer: .zeros)

    try graph.declare("w", shape: [.unknown, 128], initializer: .heUniform())
    try graph.bind("w", shape: [784, 128])

    try graph.declare("decoder/kernel", as: .transpose("encoder/kernel"))
    try graph.declare("average", as: .value("w").scaled(by: 0.5) + .value("b"))

    #expect(try graph.variable(named: "decoder/kernel").shape.dimensions == [3, 2])
    #expect(try graph.variable(named: "average").shape.dimensions == [784, 128])
  }

  @Test func `the slices of Cluster are a rank's rows and columns`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("lm_head.weight", shape: [16, 24], initializer: .normal())
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("model.db"))
    let runtime = Runtime(graph: graph, store: store)
    _ = try await runtime.materialize()

    var shapes: [[Int]] = []
    func print(_ tensor: Tensor) { shapes.append(tensor.shape.dimensions) }

    if let rows = RankSlice(rank: 3, of: 8), let columns = RankSlice(rank: 3, of: 8, axis: 1) {
      print(try await store.slice(of: "lm_head.weight", rows))
      print(try await runtime.slice(of: "lm_head.weight", columns))
    }

    #expect(shapes == [[2, 24], [16, 3]])
  }

  @Test func `a part of a recipe's value of Proofs is made`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("model.embed_tokens.weight", shape: [100, 128], initializer: .normal())
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("recipe.db"))
    _ = try await Runtime(graph: graph, store: store).materialize(isRecipe: true)

    let row = try await store.value(of: "model.embed_tokens.weight", elements: 0..<8192)

    let value = try await Runtime(graph: graph).slice(of: "model.embed_tokens.weight", 0..<8192)
    #expect(row.digest() == value.digest())
  }

  @Test func `the layers of PyTorch are declared`() async throws {
    var torch = TorchModel(seed: 0)
    try torch.conv2d("conv1", 3, 64, kernelSize: 7, bias: false)
    try torch.batchNorm("bn1", 64)
    try torch.linear("fc", 64, 10)
    try torch.initialize("conv1.weight", .torchKaimingNormal(mode: .fanOut, nonlinearity: .relu))
    let runtime = Runtime(graph: torch.graph)

    #expect(try await runtime.value(of: "fc.weight").shape.dimensions == [10, 64])
  }
}
