import Foundation
import Nascent
import TestSupport
import Testing

/// A value that is gone with its digests is made again where something that is left says what it was.
struct LostValueTests {
  private let folder: TemporaryFolder
  private let path: String
  private let digest: String

  init() async throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    let report = try await Runtime(graph: Self.graph(), store: CheckpointStore(path: path))
      .materialize()
    digest = try #require(report.contentDigest).hex
  }

  private var file: StoreFile { StoreFile(path: path) }

  /// A value of several chunks, small ones in one block, equal ones, one without bytes, an expression.
  private static func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 3)
    try graph.declare("large", shape: [700_001], initializer: .uniform())
    try graph.declare("mix", shape: [20, 20], initializer: .orthogonal())
    try graph.declare("turned", as: .transpose("mix"))
    try graph.declare("bias", shape: [10], initializer: .normal())
    try graph.declare("zeros", shape: [10], initializer: .zeros)
    try graph.declare("more", shape: [10], initializer: .zeros)
    try graph.declare("empty", shape: [0], initializer: .zeros)
    try graph.tie("tied", to: "bias")
    return graph
  }

  private static let names = ["large", "mix", "turned", "bias", "zeros", "more", "empty"]

  private func store(_ access: CheckpointStore.Access = .write) throws -> CheckpointStore {
    try CheckpointStore(path: path, for: access)
  }

  private func repair(_ checkpoint: String = "initial") async throws -> RepairReport {
    try await store().repair(checkpoint, with: Regeneration(graph: Self.graph()))
  }

  private func run(isRecipe: Bool = false) async throws -> MaterializationReport {
    try await Runtime(graph: Self.graph(), store: store()).materialize(isRecipe: isRecipe)
  }

  /// What people see: states, digests and statistics.
  private func views() throws -> String {
    try ChildProcess.run(
      "sqlite3", [path, "SELECT * FROM variables; SELECT * FROM checkpoints"]
    ).output
  }

  private func expectWhole() async throws {
    let store = try store(.read)
    #expect(try store.verify().isIntact)
    #expect(try store.checkpoint(named: "initial").contentDigest == digest)
    let runtime = Runtime(graph: try Self.graph())
    for name in Self.names {
      let expected = try await runtime.value(of: name)
      #expect(try store.tensor(named: name).isIdentical(to: expected), "\(name)")
    }
    #expect(
      try ChildProcess.run("sqlite3", [path, "PRAGMA integrity_check; PRAGMA foreign_key_check"])
        .output == "ok\n")
    #expect(try await run().count(of: .skipped) == Self.names.count)
  }

  private static let payloadOfBias = "(SELECT payload_id FROM variable WHERE name = 'bias')"

  @Test(arguments: [
    "DELETE FROM payload WHERE id = \(payloadOfBias)", "DELETE FROM payload",
    "DELETE FROM payload WHERE id = (SELECT max(id) FROM payload)",
    "DELETE FROM payload; DELETE FROM chunk",
    "DELETE FROM payload; DELETE FROM block WHERE id = 1",
    "DELETE FROM payload; UPDATE chunk SET sha256 = randomblob(32)",
    "UPDATE payload SET sha256 = NULL, root = NULL",
    "UPDATE payload SET sha256 = NULL, root = NULL; DELETE FROM chunk",
    "UPDATE variable SET payload_id = NULL WHERE name = 'bias'",
    "UPDATE variable SET payload_id = NULL WHERE alias_of IS NULL",
    "UPDATE variable SET payload_id = NULL; DELETE FROM payload",
    "UPDATE variable SET payload_id = payload_id + 100 WHERE alias_of IS NULL",
    // No content digest: the digests of chunks say what there was.
    "DELETE FROM payload; UPDATE checkpoint SET content_digest = NULL",
    "DELETE FROM payload WHERE id = \(payloadOfBias); UPDATE checkpoint SET content_digest = NULL",
  ])
  func `a lost value is made again as it was, with its statistics`(sql: String) async throws {
    let before = try views()
    try file.change(sql)
    let damages = try store().verify().damages
    #expect(damages.contains { $0.part == .value })
    let report = try await repair()
    #expect(report.isIntact && report.lost.isEmpty, "\(report.lost)")
    #expect(Set(report.repaired.map(\.name)) == Set(damages.map(\.variable)))
    #expect(report.repaired.allSatisfy { $0.hasNewDigests })
    #expect(try views() == before)
    try await expectWhole()
    #expect(try await repair().repaired.isEmpty)
  }

  @Test(arguments: ["DELETE FROM payload", "DELETE FROM payload; DELETE FROM chunk"])
  func `a run refuses a row that says other than its seal, and replaces it when told so`(
    sql: String
  ) async throws {
    try file.change(sql)
    let before = try file.dump()
    await #expect {
      try await run()
    } throws: {
      ($0 as? CheckpointError)?.code == .damaged
    }
    #expect(try file.dump() == before)
    let runtime = Runtime(graph: try Self.graph(), store: try store())
    #expect(try await runtime.materialize(policy: .replace).contentDigest?.hex == digest)
    try await expectWhole()
  }

  @Test func `the seal of a row binds a value of which nothing else is left`() async throws {
    try file.change(
      """
      DELETE FROM chunk WHERE payload_id = \(Self.payloadOfBias);
      DELETE FROM payload WHERE id = \(Self.payloadOfBias);
      UPDATE checkpoint SET content_digest = NULL
      """)
    let report = try await repair()
    #expect(report.isIntact && report.repaired.map(\.name) == ["bias"])
    try await expectWhole()
  }

  @Test func `a value with which the row does not have its seal is named, and nothing is written`()
    async throws
  {
    try file.change(
      """
      DELETE FROM chunk WHERE payload_id = \(Self.payloadOfBias);
      DELETE FROM payload WHERE id = \(Self.payloadOfBias);
      UPDATE variable SET metadata = '{"a":1}' WHERE name = 'bias'
      """)
    let before = try file.dump()
    let report = try await repair()
    #expect(report.lost.map(\.name) == ["bias"])
    #expect(
      report.lost.map(\.reason) == [
        "made again its row does not have its seal: it was another value, or more is damaged; nothing was written"
      ])
    #expect(report.repaired.isEmpty && !report.isIntact)
    #expect(try file.dump() == before)
  }

  @Test func `lost recipes are recipes again`() async throws {
    try FileManager.default.removeItem(atPath: path)
    _ = try await run(isRecipe: true)
    let before = try views()
    try file.change("DELETE FROM payload")
    let report = try await repair()
    #expect(report.isIntact)
    #expect(report.repaired.map(\.name) == Self.names)
    #expect(try views() == before)
    #expect(try store().variables(in: "initial").allSatisfy { $0.isRecipe || $0.aliasOf != nil })
    #expect(try await run().contentDigest?.hex == digest)
  }

  @Test func `what was assigned is lost; of the rest what its chunks bind is mended`() async throws
  {
    let runtime = Runtime(graph: try Self.graph(), store: try store())
    try await runtime.update("large", as: Float.self) { $0[300_000] = 2 }
    try await store().save(runtime, step: 1)
    try file.change(
      """
      DELETE FROM payload WHERE id IN (
        SELECT payload_id FROM variable JOIN checkpoint ON checkpoint.id = checkpoint_id
        WHERE checkpoint.name = 'step-1' AND variable.name IN ('large', 'bias'))
      """)
    #expect(try await repair().isIntact)
    let report = try await repair("step-1")
    #expect(report.lost.map(\.name) == ["large"])
    #expect(report.lost.map(\.reason) == ["its value was assigned and cannot be made again"])
    #expect(
      try store().variable("bias", in: "step-1").digest
        == store().variable("bias", in: "initial").digest)
  }

  @Test func `a damaged chunk of a value that is not whole yet is made again`() async throws {
    try FileManager.default.removeItem(atPath: path)
    let share = try #require(Share(index: 1, of: 3))
    for isRecipe in [true, false] {
      // The second time the chunks come beside a recipe.
      _ = try await Runtime(graph: Self.graph(), store: store()).materialize(share: share)
      #expect(try store().verify().isIntact)
      try file.change(
        """
        UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id = (
          SELECT block_id FROM chunk JOIN partial USING (payload_id) WHERE number = 1)
        """)
      #expect(try store().verify().damages.map(\.part) == [.chunk(1)])
      let report = try await repair()
      #expect(report.repaired.map(\.name) == ["large"])
      #expect(report.repaired.map(\.chunks) == [[1]])
      #expect(report.isIntact)
      if isRecipe {
        try FileManager.default.removeItem(atPath: path)
        _ = try await run(isRecipe: true)
      }
    }
    #expect(try await run().contentDigest?.hex == digest)
    try await expectWhole()
  }

  @Test func `parts of a recipe get no bytes when the recipe beside them is mended`() async throws {
    try FileManager.default.removeItem(atPath: path)
    _ = try await run(isRecipe: true)
    try file.changeSealed(
      """
      UPDATE payload SET subtrees = zeroblob(32)
      WHERE id = (SELECT payload_id FROM variable WHERE name = 'large');
      INSERT INTO payload (id, dtype, byte_count, is_recipe) VALUES (99, 'float32', 2800004, 1);
      INSERT INTO chunk (payload_id, number, byte_count, sha256)
      VALUES (99, 1, 1048576, zeroblob(32));
      INSERT INTO partial SELECT id, 99 FROM variable WHERE name = 'large'
      """)
    let report = try await repair()
    #expect(report.repaired.map(\.name) == ["large"])
    #expect(report.repaired.map(\.chunks) == [[]])
    #expect(report.isIntact)
    #expect(try file.number("SELECT count(*) FROM block") == 0)
  }

  @Test func `a chunk of such a value whose digest is damaged is named`() async throws {
    try FileManager.default.removeItem(atPath: path)
    let share = try #require(Share(index: 1, of: 3))
    _ = try await Runtime(graph: Self.graph(), store: store()).materialize(share: share)
    try file.change("UPDATE chunk SET sha256 = zeroblob(32) WHERE number = 1")
    let report = try await repair()
    #expect(report.lost.map(\.name) == ["large"])
    #expect(
      report.lost.allSatisfy { $0.reason.hasSuffix("or more is damaged; nothing was written") })
  }
}
