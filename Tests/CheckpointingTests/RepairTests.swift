import Foundation
import Nascent
import TestSupport
import Testing

/// What is damaged is made again, or named as lost; never is something else stored.
struct RepairTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
  }

  private var file: StoreFile { StoreFile(path: path) }

  private func store() throws -> CheckpointStore { try CheckpointStore(path: path) }

  private func repair(_ checkpoint: String = "initial") async throws -> RepairReport {
    let store = try store()
    return try await store.repair(checkpoint, with: Regeneration(graph: graph()))
  }

  /// A value of several chunks, small ones in one block, one that is made as a whole, an expression.
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 3)
    try graph.declare("large", shape: [700_001], initializer: .uniform())
    try graph.declare(
      "whole", shape: [800, 350],
      initializer: CountedInitializer(RandomUniformInitializer(), isWhole: true))
    try graph.declare("turned", as: .transpose("whole"))
    try graph.declare("bias", shape: [10], initializer: .normal())
    try graph.declare("scale", shape: [4], dtype: .bfloat16, initializer: .uniform())
    try graph.declare("empty", shape: [0], initializer: .zeros)
    try graph.tie("tied", to: "bias")
    return graph
  }

  private func run() async throws -> MaterializationReport {
    try await Runtime(graph: graph(), store: store()).materialize()
  }

  private func expectWhole(_ digest: Digest?) async throws {
    let store = try CheckpointStore(path: path, for: .read)
    #expect(try store.verify().isIntact)
    #expect(try store.checkpoint(named: "initial").contentDigest == digest?.hex)
    let runtime = Runtime(graph: try graph())
    for variable in try graph().variables {
      let expected = try await runtime.value(of: variable.name)
      #expect(try store.tensor(named: variable.name).isIdentical(to: expected), "\(variable.name)")
    }
    #expect(try ChildProcess.run("sqlite3", [path, "PRAGMA integrity_check"]).output == "ok\n")
    #expect(try await run().count(of: .skipped) == 6)
  }

  @Test(arguments: [
    "UPDATE block SET bytes = zeroblob(length(bytes))",
    "UPDATE block SET bytes = substr(bytes, 1, length(bytes) - 5)",
    "UPDATE block SET bytes = x''", "DELETE FROM block", "DELETE FROM block WHERE id % 2 = 0",
    "UPDATE chunk SET block_id = NULL, block_offset = NULL",
    "UPDATE chunk SET block_id = 99999 WHERE number = 1",
    "UPDATE chunk SET block_offset = block_offset + 8",
    "UPDATE chunk SET block_offset = 9223372036854775807", "DELETE FROM chunk",
    "DELETE FROM chunk WHERE number = 1", "UPDATE chunk SET number = number + 7",
    "UPDATE chunk SET byte_count = byte_count - 1", "UPDATE chunk SET byte_count = 1",
    "UPDATE chunk SET sha256 = randomblob(32)",
    "UPDATE chunk SET sha256 = randomblob(32) WHERE number = 0",
    "DELETE FROM chunk WHERE number = 0; DELETE FROM block WHERE id = 2",
  ])
  func `damaged bytes and lists of digests are made again as they were`(sql: String) async throws {
    let digest = try await run().contentDigest
    try file.change(sql)
    let damaged = try store().verify()
    #expect(!damaged.isIntact)
    let report = try await repair()
    #expect(report.isIntact && report.lost.isEmpty, "\(report.lost)")
    #expect(Set(report.repaired.map(\.name)) == Set(damaged.damages.map(\.variable)))
    try await expectWhole(digest)
    #expect(try await repair().repaired.isEmpty)
  }

  @Test func `of a tensor with an intact list only the damaged chunk is made and written`()
    async throws
  {
    let initializer = CountedInitializer(RandomUniformInitializer(seed: 7))
    var graph = VariableGraph()
    try graph.declare("large", shape: [700_001], initializer: initializer)
    _ = try await Runtime(graph: graph, store: store()).materialize()
    let blocks = try file.number("SELECT max(id) FROM block")
    try file.flip(byte: 77, ofChunk: 1, of: "large")
    _ = initializer.takeCount()
    let report = try await store().repair(with: Regeneration(graph: graph))
    #expect(report.repaired.map(\.name) == ["large"])
    #expect(report.repaired.map(\.chunks) == [[1]])
    #expect(report.repaired.map(\.hasNewDigests) == [false])
    #expect(initializer.takeCount() == 1 << 18)
    #expect(try file.number("SELECT count(*) FROM block WHERE id > \(blocks)") == 1)
    #expect(report.isIntact)
  }

  @Test func `bytes that other checkpoints share are mended for all of them`() async throws {
    _ = try await run()
    _ = try await Runtime(graph: graph(), store: store(), checkpoint: "second").materialize()
    try file.flip(byte: 3, ofChunk: 0, of: "bias")
    #expect(try store().verify("second").isIntact == false)
    #expect(try await repair().repaired.map(\.name) == ["bias"])
    #expect(try store().verify("second").isIntact)
  }

  @Test(arguments: ["sha256", "root", "mean", "preview"])
  func `a changed column of a value is as it was again`(column: String) async throws {
    _ = try await run()
    let before = try file.dump()
    let value = column == "mean" ? "7.5" : column == "preview" ? "'[9]'" : "randomblob(32)"
    try file.change(
      """
      UPDATE payload SET \(column) = \(value) WHERE id =
        (SELECT payload_id FROM variable WHERE name = 'bias')
      """)
    let damages = try store().verify().damages
    #expect(damages.map(\.part).contains(.row))
    #expect(damages.allSatisfy { $0.variable == "bias" })
    let report = try await repair()
    #expect(report.isIntact && report.repaired.map(\.name) == ["bias"])
    #expect(try file.dump() == before)
  }

  @Test func `assigned values are named as lost, and the others mended`() async throws {
    let graph = try graph()
    let runtime = Runtime(graph: graph, store: try store())
    try await runtime.update("large", as: Float.self) { $0[300_000] = 2 }
    try await store().save(runtime, step: 1)
    let before = try store().variable("large", in: "step-1").digest
    try file.flip(byte: 3, ofChunk: 1, of: "large", in: "step-1")
    try file.flip(byte: 3, ofChunk: 0, of: "bias", in: "step-1")
    let report = try await repair("step-1")
    #expect(report.lost.map(\.name) == ["large"])
    #expect(report.lost.map(\.reason) == ["its value was assigned and cannot be made again"])
    #expect(report.repaired.map(\.name) == ["bias"])
    #expect(try store().verify("step-1").damages.map(\.variable) == ["large"])
    #expect(try store().variable("large", in: "step-1").digest == before)
  }

  @Test func `imported values are named as lost`() async throws {
    _ = try await run()
    let model = folder.path("m.safetensors")
    _ = try await store().export(to: model)
    let imported = try await ModelImport(from: ModelFile.open(model))
    let other = try CheckpointStore(path: folder.path("imported.db"))
    _ = try await Runtime(graph: imported.graph, store: other).materialize()
    try StoreFile(path: other.path).flip(byte: 3, ofChunk: 1, of: "large")
    let report = try await other.repair(with: other.regeneration())
    #expect(report.lost.map(\.name) == ["large"])
    #expect(
      report.lost.map(\.reason) == [
        "its value was imported and cannot be made again: import the file again"
      ])
  }

  @Test func `a recipe gets its list of digests again`() async throws {
    let digest = try await Runtime(graph: graph(), store: store()).materialize(isRecipe: true)
      .contentDigest
    try file.change("UPDATE payload SET subtrees = zeroblob(length(subtrees))")
    let report = try await repair()
    #expect(report.repaired.map(\.name) == ["large", "whole", "turned", "bias", "scale"])
    #expect(report.repaired.allSatisfy { $0.hasNewDigests && $0.chunks.isEmpty })
    #expect(report.isIntact)
    #expect(try await run().contentDigest == digest)
  }
}
