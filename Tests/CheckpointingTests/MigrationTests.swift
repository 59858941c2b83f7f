import Foundation
import Nascent
import StoreSchema
import TestSupport
import Testing

/// `Tests/Vectors/store-v1.sqlite` was written by Nascent 0.1.0 from `store-v1.json`, the checkpoint
/// `initial` whole, `recipe` without bytes, `part` with one variable, and then packed into small pages.
struct MigrationTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    try FileManager.default.copyItem(
      at: Self.vectors.appending(path: "store-v1.sqlite"), to: URL(filePath: path))
  }

  /// The file as a program of that version would have left it.
  private func bring(to version: Int) throws {
    for step in 1..<version {
      // A script that begins with a comment would be taken for an option.
      let change = " \(StoreSchema.migrations[step]); PRAGMA user_version = \(step + 1)"
      #expect(try ChildProcess.run("sqlite3", [path, change]).status == 0)
    }
  }

  private static var vectors: URL { ProjectFiles.root.appending(path: "Tests/Vectors") }

  private func graph() throws -> VariableGraph {
    try GraphManifest(registry: .standard).graph(
      from: Data(contentsOf: Self.vectors.appending(path: "store-v1.json")))
  }

  private func version() throws -> String {
    try ChildProcess.run("sqlite3", [path, "PRAGMA user_version"]).output
  }

  private func expectEverything(in store: CheckpointStore) async throws {
    let graph = try graph()
    #expect(try store.checkpoints().map(\.name) == ["initial", "recipe", "part"])
    #expect(try store.checkpoints().map(\.materialized) == [3, 0, 1])
    #expect(try store.savedCheckpoints().isEmpty)
    let runtime = Runtime(graph: graph)
    for variable in graph.variables {
      let value = try await runtime.value(of: variable.name)
      #expect(try store.tensor(named: variable.name).isIdentical(to: value), "\(variable.name)")
    }
    #expect(try store.variables(in: "initial").allSatisfy { !$0.isAssigned })
    #expect(
      try store.descriptions(in: "initial").map(\.state)
        == ["materialized", "materialized", "materialized", "alias"])
    #expect(try store.verify().isIntact)
    #expect(try store.graph().fingerprint() == graph.fingerprint())
  }

  @Test(arguments: 1..<StoreSchema.version)
  func `a store of an older version is read as it is`(version: Int) async throws {
    try bring(to: version)
    let before = try Data(contentsOf: URL(filePath: path))
    let store = try CheckpointStore(path: path, for: .read)
    try await expectEverything(in: store)
    let shown = try store.descriptions(in: "initial")
    #expect(shown.allSatisfy { $0.verdict == nil && $0.skew == nil && $0.mean != nil })
    // What its program did not compare is compared now.
    #expect(try store.report().deviating.isEmpty)
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test(arguments: 1..<StoreSchema.version)
  func `a store of an older version is brought to the present one when it is written`(
    version: Int
  ) async throws {
    try bring(to: version)
    let store = try CheckpointStore(path: path)
    #expect(try self.version() == "\(StoreSchema.version)\n")
    try await expectEverything(in: store)
    let again = try await Runtime(graph: try graph(), store: store).materialize()
    #expect(again.count(of: .skipped) == 3)
    let runtime = Runtime(graph: try graph(), store: store)
    try await runtime.update("dense/kernel", as: Float.self) { $0[0] = 1 }
    try await store.save(runtime, step: 1, metrics: ["loss": 1])
    #expect(try store.savedCheckpoint(at: .latest).metrics == ["loss": 1])
  }

  @Test func `a migrated store has the schema of a new one`() throws {
    let new = folder.path("new.db")
    _ = try CheckpointStore(path: path)
    _ = try CheckpointStore(path: new)
    let query = "SELECT type, name, sql FROM sqlite_schema ORDER BY name"
    let schemas = try [path, new].map { try ChildProcess.run("sqlite3", [$0, query]).output }
    #expect(schemas[0] == schemas[1])
    #expect(schemas[0].contains("CREATE VIEW metrics"))
  }
}
