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
      let state = row.aliasOf.map { "alias of \($0)" }
      lines.append(
        [
          row.name, row.dtype, row.shape,
          state ?? (row.state == "materialized" ? row.sha256 ?? "" : row.state),
        ].joined(separator: "\t"))
      let file = folder.path("value.npy")
      let result = try read(path, row.name, "--checkpoint", checkpoint, "--save", file)
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
    let list = try read(path, "--checkpoint", checkpoint)
    #expect(list.errors == "")
    #expect(list.output == lines.joined(separator: "\n") + "\n")
  }

  @Test(arguments: StoreVersionTests.files)
  func `it reads the examples of every version`(file: String) throws {
    let path = ProjectFiles.root.appending(path: "Tests/Vectors/\(file)").path
    for checkpoint in try CheckpointStore(path: path, for: .read).checkpoints() {
      try expectAgreement(path, checkpoint.name)
    }
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
    #expect(script.contains("NEWEST, CHUNK = \(StoreSchema.version), "))
    _ = try ChildProcess.run("sqlite3", [path, "PRAGMA user_version = 99"])
    let newer = try read(path)
    #expect(newer.status == 1)
    #expect(
      newer.errors == """
        Cannot read \(path): the store has version 99, and this reader knows versions up to \
        \(StoreSchema.version)

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
    let result = try read(path, "mixed/he")
    #expect(result.status == 1)
    #expect(
      result.errors == "Cannot read \(path): chunk 1 of variable 'mixed/he' is damaged\n")
    for sql in [
      "DELETE FROM chunk WHERE number = 1", "UPDATE variable SET shape = '[9]', byte_count = 36",
      "UPDATE payload SET sha256 = zeroblob(32)",
    ] {
      let other = folder.path("other.db")
      _ = try await Runtime(graph: Models.mixed(), store: CheckpointStore(path: other))
        .materialize()
      _ = try ChildProcess.run("sqlite3", [other, sql])
      let result = try read(other, "mixed/he")
      #expect(result.status == 1, "\(sql)")
      #expect(result.errors.contains("damaged"), "\(sql)")
      try FileManager.default.removeItem(atPath: other)
    }
  }
}
