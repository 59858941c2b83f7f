import Foundation
import Nascent
import StoreSchema
import TestSupport
import Testing

/// The example files of older versions in `Tests/Vectors`, packed into small pages.
///
/// - `store-v1.sqlite`: by Nascent 0.1.0 from `store-v1.json`, the checkpoint `initial` whole, `recipe` without
///   bytes, `part` with one variable.
/// - `store-v2.sqlite`: first the checkpoints `initial`, `step-2` and `step-4` of the example `TrainMLP` with
///   three hidden units; then from `store-v2.json` the checkpoint `declared` whole, `recipe` without bytes and
///   `part` with two variables; from `store-v2-large.json` `large-recipe` without bytes.
struct MigrationTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
  }

  private static var vectors: URL { ProjectFiles.root.appending(path: "Tests/Vectors") }

  private func graph(_ name: String) throws -> VariableGraph {
    try GraphManifest(registry: .standard).graph(
      from: Data(contentsOf: Self.vectors.appending(path: "\(name).json")))
  }

  private func copy(_ version: Int) throws {
    try FileManager.default.copyItem(
      at: Self.vectors.appending(path: "store-v\(version).sqlite"), to: URL(filePath: path))
  }

  /// Opens a copy of the example of a version.
  private func open(_ version: Int, for access: CheckpointStore.Access) throws -> CheckpointStore {
    try copy(version)
    return try CheckpointStore(path: path, for: access)
  }

  private func bytes() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  /// The values are what the declarations make; the digests are those that a new store would have.
  private func expect(
    _ store: CheckpointStore, _ checkpoint: String, holds graph: VariableGraph
  ) async throws {
    let new = try CheckpointStore(path: folder.path("\(UUID().uuidString).db"))
    let isRecipe = try store.variables(in: checkpoint)[0].isRecipe
    let made = try await Runtime(graph: graph, store: new).materialize(isRecipe: isRecipe)
    #expect(try store.checkpoint(named: checkpoint).contentDigest == made.contentDigest?.hex)
    #expect(try store.verify(checkpoint).isIntact)
    #expect(try store.graph(of: checkpoint).fingerprint() == graph.fingerprint())
    for variable in graph.variables {
      let found = try store.variable(variable.name, in: checkpoint)
      #expect(found.valueDigest == (try new.variable(variable.name, in: "initial")).valueDigest)
      guard variable.byteCount < 1 << 20 else { continue }
      let value = try await store.value(of: variable.name, in: checkpoint)
      let expected = try await new.value(of: variable.name)
      #expect(value.isIdentical(to: expected), "\(variable.name)")
    }
  }

  private func expectVersion1(_ store: CheckpointStore) async throws {
    #expect(try store.checkpoints().map(\.name) == ["initial", "recipe", "part"])
    #expect(try store.checkpoints().map(\.materialized) == [3, 0, 1])
    #expect(try store.savedCheckpoints().isEmpty)
    let graph = try graph("store-v1")
    try await expect(store, "initial", holds: graph)
    try await expect(store, "recipe", holds: graph)
    #expect(try store.variables(in: "initial").allSatisfy { !$0.isAssigned })
    #expect(try store.checkpoint(named: "part").contentDigest == nil)
    #expect(
      try store.descriptions(in: "initial").map(\.state)
        == ["materialized", "materialized", "materialized", "alias"])
  }

  private func expectVersion2(_ store: CheckpointStore) async throws {
    #expect(
      try store.checkpoints().map(\.name) == [
        "initial", "step-2", "step-4", "declared", "recipe", "large-recipe", "part",
      ])
    #expect(try store.checkpoints().map(\.materialized) == [8, 8, 8, 5, 0, 0, 2])
    let graph = try graph("store-v2")
    try await expect(store, "declared", holds: graph)
    try await expect(store, "recipe", holds: graph)
    try await expect(store, "large-recipe", holds: self.graph("store-v2-large"))
    #expect(try store.savedCheckpoints().map(\.step) == [2, 4])
    #expect(try store.savedCheckpoints()[0].metrics["loss"] == 1.521606683731079)
    #expect(try store.savedCheckpoints()[0].metadata.canonicalText.contains(#""hidden":3"#))
    for checkpoint in ["step-2", "step-4"] {
      #expect(try store.verify(checkpoint).isIntact)
      #expect(try store.checkpoint(named: checkpoint).contentDigest != nil)
    }
    // As the command of version 2 showed it.
    #expect(
      try store.variable("hidden/kernel", in: "step-4").isAssigned)
  }

  @Test func `a store of version 1 is read as it is`() async throws {
    let store = try open(1, for: .read)
    let before = try bytes()
    try await expectVersion1(store)
    #expect(try bytes() == before)
  }

  @Test func `a store of version 1 is brought to the present one when it is written`() async throws
  {
    let store = try open(1, for: .write)
    #expect(
      try ChildProcess.run("sqlite3", [path, "PRAGMA user_version"]).output
        == "\(StoreSchema.version)\n")
    try await expectVersion1(store)
    let graph = try graph("store-v1")
    #expect(
      try await Runtime(graph: graph, store: store).materialize().count(of: .skipped) == 3)
    let runtime = Runtime(graph: graph, store: store)
    try await runtime.update("dense/kernel", as: Float.self) { $0[0] = 1 }
    try await store.save(runtime, step: 1, metrics: ["loss": 1])
    #expect(try store.savedCheckpoint(at: .latest).metrics == ["loss": 1])
  }

  @Test func `a store of version 2 is read as it is`() async throws {
    let store = try open(2, for: .read)
    let before = try bytes()
    try await expectVersion2(store)
    #expect(try bytes() == before)
  }

  @Test func `a store of version 2 is brought to the present one when it is written`() async throws
  {
    let store = try open(2, for: .write)
    try await expectVersion2(store)
    #expect(
      try StoreFile(path: path).number(
        "SELECT count(*) FROM chunk JOIN payload ON payload.id = payload_id WHERE is_recipe") == 0)
    #expect(
      try StoreFile(path: path).number("SELECT max(length(subtrees)) FROM payload") == 2 * 32)
    let graph = try graph("store-v2")
    for checkpoint in ["declared", "recipe"] {
      let report = try await Runtime(graph: graph, store: store, checkpoint: checkpoint)
        .materialize()
      #expect(report.count(of: checkpoint == "recipe" ? .materialized : .skipped) == 5)
    }
  }

  @Test func `both ways of reading an older file give the same content digests`() throws {
    for version in 1..<StoreSchema.version {
      let read = try open(version, for: .read).checkpoints().map(\.contentDigest)
      let written = try CheckpointStore(path: path).checkpoints().map(\.contentDigest)
      #expect(read == written)
      #expect(read.contains { $0 != nil })
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test func `an older store that is damaged opens, and is mended`() async throws {
    try copy(2)
    try StoreFile(path: path).change(
      """
      DELETE FROM chunk WHERE payload_id =
        (SELECT payload_id FROM variable WHERE name = 'dense/kernel' AND payload_id IS NOT NULL)
      """)
    for access in [CheckpointStore.Access.read, .write] {
      let store = try CheckpointStore(path: path, for: access)
      #expect(try store.checkpoint(named: "declared").contentDigest == nil)
      #expect(try store.verify("declared").damages.map(\.variable) == ["dense/kernel"])
    }
    let store = try CheckpointStore(path: path)
    let report = try await store.repair("declared", with: store.regeneration(of: "declared"))
    #expect(report.repaired.map(\.name) == ["dense/kernel"])
    #expect(report.isIntact)
    try await expect(store, "declared", holds: graph("store-v2"))
  }

  /// Columns that were added stand in a table's text with other blanks.
  @Test func `a migrated store has the schema of a new one`() throws {
    let query = """
      SELECT type, name, tbl_name, replace(replace(sql, ' ', ''), char(10), ''), sql LIKE '%''not checked''%'
      FROM sqlite_schema ORDER BY name;
      SELECT t.name, c.* FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c ORDER BY t.name, c.cid
      """
    let new = folder.path("new.db")
    _ = try CheckpointStore(path: new)
    let expected = try ChildProcess.run("sqlite3", [new, query]).output
    #expect(expected.contains("CREATEVIEWmetrics"))
    for version in 1..<StoreSchema.version {
      _ = try open(version, for: .write)
      #expect(try ChildProcess.run("sqlite3", [path, query]).output == expected)
      _ = try CheckpointStore(path: path, for: .read)
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test(arguments: [
    ("TABLE share (of TEXT)", "table", "share"), ("VIEW Partial AS SELECT 1", "view", "Partial"),
    ("INDEX part ON variable (name)", "index", "part"),
  ])
  func `an older store with something of its own under a new name is only read`(
    sql: String, type: String, name: String
  ) throws {
    try copy(2)
    try StoreFile(path: path).change("CREATE \(sql)")
    let before = try bytes()
    let error = #expect(throws: CheckpointError.self) { try CheckpointStore(path: path) }
    #expect(error?.code == .takenName)
    #expect(
      error?.message == """
        Store "\(path)" cannot be brought to format version 3, which has something of its own under the name \
        of its \(type) "\(name)".
        Rename the \(type), or drop it; until then the store can only be read.
        """)
    #expect(try bytes() == before)
    #expect(try CheckpointStore(path: path, for: .read).checkpoints().count > 2)
    try StoreFile(path: path).change("DROP \(type) \(name)")
    _ = try CheckpointStore(path: path)
  }

  @Test func `what is the user's own stays`() throws {
    try copy(2)
    try StoreFile(path: path).change(
      """
      CREATE TABLE mine (note TEXT); INSERT INTO mine VALUES ('kept');
      CREATE VIEW wide AS SELECT name FROM variables WHERE bytes > 100;
      CREATE INDEX by_dtype ON variable (dtype)
      """)
    _ = try CheckpointStore(path: path)
    _ = try CheckpointStore(path: path, for: .read)
    let found = try ChildProcess.run(
      "sqlite3", [path, "SELECT note FROM mine; SELECT count(*) > 0 FROM wide; REINDEX by_dtype"])
    #expect(found.output == "kept\n1\n")
    #expect(found.errors == "")
  }

  @Test func `a file that is no store yet and has tables is not made one`() throws {
    for sql in [
      "CREATE TABLE share (x); PRAGMA schema_version = 0", "PRAGMA user_version = 7",
      "CREATE TABLE mine (x); PRAGMA schema_version = 0; PRAGMA user_version = 3",
    ] {
      try StoreFile(path: path).change(sql)
      let before = try bytes()
      let error = #expect(throws: CheckpointError.self) { try CheckpointStore(path: path) }
      #expect(error?.code == .notAStore, "\(sql): \(String(describing: error))")
      #expect(try bytes() == before)
      try FileManager.default.removeItem(atPath: path)
    }
  }
}
