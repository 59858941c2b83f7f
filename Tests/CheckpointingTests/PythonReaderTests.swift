import Foundation
import Nascent
import StoreSchema
import TestSupport
import Testing

/// `Examples/read_store.py`, the reader that stands for everybody's, where Python and NumPy are there.
@Suite(.enabled(if: ChildProcess.hasNumPy, "python3 with NumPy is not installed"))
struct PythonReaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ arguments: String...) throws -> ChildProcess {
    let script = ProjectFiles.root.appending(path: "Examples/read_store.py").path
    return try ChildProcess.run(
      "python3", [script] + arguments, environment: ["PYTHONDONTWRITEBYTECODE": "1"])
  }

  /// Every value of a checkpoint through a `.npy` file, and every line of the list.
  private func expectAgreement(_ path: String, _ checkpoint: String) throws {
    let store = try CheckpointStore(path: path, for: .read)
    let rows = try store.descriptions(in: checkpoint)
    var lines: [String] = []
    for row in rows {
      let source = try #require(rows.first { $0.name == row.aliasOf ?? row.name })
      lines.append(
        [row.name, row.dtype, row.shape, row.state, row.sha256 ?? "None"].joined(separator: "\t"))
      let file = folder.path("value.npy")
      let result = try read(path, checkpoint, row.name, file)
      guard source.state == "materialized" else {
        #expect(result.status == 1)
        #expect(
          result.errors.contains(source.state == "recipe" ? "only the recipe" : "no value yet"))
        continue
      }
      #expect(result.status == 0, "\(row.name) \(result.errors)")
      var tensor = try store.tensor(named: row.name, in: checkpoint)
      if tensor.scalarType == .bfloat16 { tensor = try tensor.converted(to: .float32) }
      let saved = try NumPyFile(path: file)
      #expect(saved.entries.map(\.shape) == [tensor.shape], "\(row.name)")
      #expect(saved.entries.map(\.scalarType) == [tensor.scalarType], "\(row.name)")
      #expect(
        try PartReader(saved).digest(of: 0).sha256 == Digest(of: tensor.data()), "\(row.name)")
    }
    let list = try read(path, checkpoint)
    #expect(list.errors == "")
    #expect(list.output == lines.joined(separator: "\n") + "\n")
  }

  @Test func `it reads every dtype, several chunks, none, and packed values`() async throws {
    let path = folder.path("s.db")
    var graph = try Models.mixed()
    for type in ScalarType.allCases {
      try graph.declare("ones/\(type.rawValue)", shape: [3, 2], dtype: type, initializer: .ones)
    }
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()
    try expectAgreement(path, "initial")
  }

  @Test func `it knows the present version, and refuses a newer one and other files`() throws {
    let path = folder.path("s.db")
    _ = try CheckpointStore(path: path)
    let script = try String(
      contentsOf: ProjectFiles.root.appending(path: "Examples/read_store.py"), encoding: .utf8)
    #expect(script.contains("VERSION, CHUNK = \(StoreSchema.version), "))
    _ = try ChildProcess.run("sqlite3", [path, "PRAGMA user_version = 99"])
    let newer = try read(path)
    #expect(newer.status == 1)
    #expect(
      newer.errors == """
        Cannot read \(path): it has version 99; this reads version \(StoreSchema.version)

        """)
    _ = try ChildProcess.run("sqlite3", [path, "PRAGMA application_id = 1"])
    #expect(try read(path).errors == "Cannot read \(path): this is not a Nascent store\n")
    #expect(try read(folder.path("none.db")).status == 1)
  }

  @Test func `it gives no damaged value`() async throws {
    let path = folder.path("s.db")
    _ = try await Runtime(graph: Models.mixed(), store: CheckpointStore(path: path)).materialize()
    let tensor = try CheckpointStore(path: path, for: .read).tensor(named: "mixed/he").data()
    var bytes = try Data(contentsOf: URL(filePath: path))
    let place = try #require(bytes.range(of: tensor[1_500_000..<1_500_064]))
    bytes[place.lowerBound] ^= 1
    try bytes.write(to: URL(filePath: path))
    let result = try read(path, "initial", "mixed/he")
    #expect(result.status == 1)
    #expect(result.errors == "Cannot read \(path) initial mixed/he: chunk 1 is damaged\n")
    for sql in [
      "DELETE FROM chunk WHERE number = 1", "UPDATE variable SET shape = '[9]', byte_count = 36",
      "UPDATE payload SET sha256 = zeroblob(32)", "UPDATE payload SET dtype = 'int32'",
      "UPDATE chunk SET byte_count = byte_count - 4 WHERE number = 1",
      "UPDATE chunk SET sha256 = zeroblob(32)",
      "UPDATE chunk SET block_id = 999", "UPDATE chunk SET block_offset = block_offset + 8",
      "DELETE FROM block", "UPDATE variable SET metadata = '{\"a\":1}'",
      "UPDATE payload SET mean = 0.5",
      "UPDATE checkpoint SET seed = seed + 1", "UPDATE payload SET root = zeroblob(32)",
      "UPDATE variable SET seal = NULL",
    ] {
      let other = folder.path("other.db")
      _ = try await Runtime(graph: Models.mixed(), store: CheckpointStore(path: other))
        .materialize()
      #expect(try ChildProcess.run("sqlite3", [other, sql]).status == 0, "\(sql)")
      let result = try read(other, "initial", "mixed/he")
      #expect(result.status == 1, "\(sql)")
      #expect(result.errors.contains("damaged"), "\(sql)")
      try FileManager.default.removeItem(atPath: other)
    }
  }

  @Test func `it proves the rows of recipes, shares and steps`() async throws {
    let folder = try TemporaryFolder()
    for name in ["training", "part", "recipes"] {
      let store = try #require(await TamperedStore.named(name, in: folder))
      for checkpoint in store.checkpoints {
        let list = try read(store.path, checkpoint.name)
        #expect(list.errors == "", "\(name) \(checkpoint.name)")
      }
      try StoreFile(path: store.path).change("UPDATE checkpoint SET created_at = 'then'")
      #expect(try read(store.path, store.main.name).errors.contains("is damaged"), "\(name)")
    }
  }

  @Test func `it says what is not there, and has 110 lines at most`() async throws {
    let path = folder.path("s.db")
    _ = try await Runtime(graph: Models.mixed(), store: CheckpointStore(path: path)).materialize()
    #expect(
      try read(path, "other").errors == "Cannot read \(path) other: there is no such checkpoint\n")
    #expect(
      try read(path, "initial", "x").errors
        == "Cannot read \(path) initial x: there is no such variable\n")
    #expect(try read().errors.contains("missing 1 required positional argument: 'path'"))
    let script = try String(
      contentsOf: ProjectFiles.root.appending(path: "Examples/read_store.py"), encoding: .utf8)
    #expect(script.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 110)
  }
}
