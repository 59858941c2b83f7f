import Foundation
import Nascent

/// A model whose weights come from another program: other names, `[in, out]` where it has `[out, in]`,
/// and twice the bits.
struct RenamedModel {
  /// The model as the other program has it.
  func donor() throws -> VariableGraph {
    var graph = VariableGraph(seed: 1)
    for layer in 0..<2 {
      try graph.declare(
        "module.layers.\(layer).attn.weight", shape: [6, 4], dtype: .float64,
        initializer: .glorotNormal())
      try graph.declare(
        "module.layers.\(layer).attn.bias", shape: [4], dtype: .float64, initializer: .normal())
    }
    return graph
  }

  /// The model as this program has it, with a head that the other does not have.
  func receiver() throws -> VariableGraph {
    var graph = VariableGraph(seed: 2)
    for layer in 0..<2 {
      try graph.declare("blocks.\(layer).attention.weight", shape: [4, 6], initializer: .zeros)
      try graph.declare("blocks.\(layer).attention.bias", shape: [4], initializer: .zeros)
    }
    try graph.declare("head.weight", shape: [2, 4], initializer: .heUniform())
    return graph
  }

  /// How the one becomes the other.
  func configuration() throws -> RestoreConfiguration {
    RestoreConfiguration(
      strippedPrefix: "module.", nameMaps: [try NameMap("layers.*.attn", to: "blocks.*.attention")],
      selection: ["blocks.*"], transpositions: [.init("*.weight")], casts: ["*"])
  }

  /// Stores the one and restores the other from it, first without consent.
  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "nascent-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try CheckpointStore(path: folder.appending(path: "donor.db").path)
    _ = try await Runtime(graph: donor(), store: store).materialize()

    let graph = try receiver()
    print("as it is, nothing would be restored:", try store.restoreReport(for: graph))
    print("with the names mapped, and consent to transpose and to cast, a dry run says:")
    print(try store.restoreReport(for: graph, configuration: configuration()))

    let runtime = Runtime(graph: graph)
    _ = try await runtime.restore(from: store, configuration: configuration())
    print(
      "the stored weight:", try store.tensor(named: "module.layers.1.attn.weight"), separator: "\n")
    print(
      "the restored one:", try await runtime.value(of: "blocks.1.attention.weight"), separator: "\n"
    )
    print("left to be made:", try await runtime.uninitialized().map(\.name))
  }
}
