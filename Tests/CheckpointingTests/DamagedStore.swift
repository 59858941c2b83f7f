import Foundation
import Nascent
import TestSupport

/// A small store with everything that a store can hold, whose bytes are changed one at a time.
struct DamagedStore: Sendable {
  static let checkpoints = ["initial", "part", "recipe", "step-20"]

  let folder: TemporaryFolder
  /// The file as it was written.
  let bytes: Data

  init() async throws {
    folder = try TemporaryFolder()
    let path = folder.path("s.db")
    try await Self.fill(CheckpointStore(path: path))
    bytes = try Data(contentsOf: URL(filePath: path))
  }

  /// Small tensors in one block, a tensor of two chunks, an alias, an expression, a recipe, a checkpoint
  /// of which a part has values, one of training, and room that another one left.
  private static func fill(_ store: CheckpointStore) async throws {
    let graph = try graph()
    _ = try await Runtime(graph: graph, store: store).materialize()
    _ = try await Runtime(graph: graph, store: store, checkpoint: "part")
      .materialize(matching: ["kernel"])
    _ = try await Runtime(graph: graph, store: store, checkpoint: "recipe")
      .materialize(isRecipe: true)
    let runtime = Runtime(graph: graph, store: store)
    for step in [10, 20] {
      let values = (0..<64).map { Float($0 * step) }
      try await runtime.assign("kernel", Tensor(values, shape: Shape([8, 8])))
      try await store.save(
        runtime, step: step, metrics: ["loss": 1 / Double(step), "accuracy": 0.5],
        metadata: ["note": .string("after \(step)")])
    }
    try await store.removeCheckpoint(named: "step-10")
  }

  private static func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 2026)
    try graph.declare("kernel", shape: [8, 8], initializer: .heNormal())
    try graph.declare(
      "bias", shape: [8], initializer: .zeros, metadata: ["kind": "parameter"])
    try graph.declare("own", shape: [5], initializer: .glorotUniform(seed: 7))
    try graph.declare("half", shape: [7], dtype: .float16, initializer: .normal())
    try graph.declare("whole", shape: [6], dtype: .int32, initializer: .constant(3))
    try graph.declare("empty", shape: [0, 4], initializer: .zeros)
    try graph.declare("table", shape: [16, 16_400], initializer: .uniform(in: -1..<1))
    try graph.declare("doubled", as: .value("kernel").scaled(by: 2))
    try graph.tie("head", to: "kernel")
    return graph
  }

  /// A file on which one case after another is tried.
  func copy(_ name: String) throws -> Copy { try Copy(path: folder.path(name), bytes: bytes) }

  /// A copy of the file, in which bytes are changed and put back.
  struct Copy {
    let path: String
    private let handle: FileHandle

    init(path: String, bytes: Data) throws {
      self.path = path
      try bytes.write(to: URL(filePath: path))
      handle = try FileHandle(forUpdating: URL(filePath: path))
    }

    func put(_ byte: UInt8, at offset: Int) throws {
      try handle.seek(toOffset: UInt64(offset))
      try handle.write(contentsOf: Data([byte]))
    }

    func cut(to byteCount: Int) throws {
      try handle.truncate(atOffset: UInt64(byteCount))
    }
  }
}
