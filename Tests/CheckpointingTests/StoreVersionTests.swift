import Foundation
import GRDB
import Nascent
import StoreSchema
import TestSupport
import Testing

/// The stored examples of each version, `Tests/Vectors/store-v*.sqlite`, against the digests of their
/// values in `store-versions.json`, which another program read when the examples were made.
struct StoreVersionTests {
  /// Digests by checkpoint and variable.
  typealias Values = [String: [String: String]]

  static let files = ((try? recorded()) ?? [:]).keys.sorted()

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static var vectors: URL { ProjectFiles.root.appending(path: "Tests/Vectors") }

  private static func recorded() throws -> [String: Values] {
    try JSONDecoder().decode(
      [String: Values].self, from: Data(contentsOf: vectors.appending(path: "store-versions.json")))
  }

  private static func version(of file: String) -> Int? {
    file.wholeMatch(of: /store-v([0-9]+)\.sqlite/).flatMap { Int($0.1) }
  }

  /// A copy in a folder of its own.
  private func copy(_ file: String) throws -> String {
    let path = folder.path(file)
    try FileManager.default.copyItem(
      at: Self.vectors.appending(path: file), to: URL(filePath: path))
    return path
  }

  private func expectValues(_ file: String, in store: CheckpointStore) throws {
    let values = try #require(try Self.recorded()[file])
    #expect(Set(try store.checkpoints().map(\.name)) == Set(values.keys))
    for (checkpoint, expected) in values {
      let rows = try store.descriptions(in: checkpoint)
      #expect(Set(rows.map(\.name)) == Set(expected.keys))
      for row in rows {
        let source = try #require(rows.first { $0.name == row.aliasOf ?? row.name })
        let found =
          switch source.state {
          case "declared": "declared"
          case "recipe": "recipe \(source.sha256 ?? "")"
          default:
            Digest(of: try store.tensor(named: row.name, in: checkpoint).data()).hex
          }
        #expect(found == expected[row.name], "\(file) \(checkpoint) \(row.name)")
      }
      #expect(try store.verify(checkpoint).isIntact)
    }
  }

  @Test func `every version that was there has an example`() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.vectors.path)
      .filter { Self.version(of: $0) != nil }
    #expect(Set(found) == Set(Self.files))
    let versions = Set(found.compactMap(Self.version))
    #expect(versions.isSuperset(of: 1..<StoreSchema.version))
    #expect(versions.isSubset(of: 1...StoreSchema.version))
  }

  @Test(arguments: files)
  func `an example is read as it is, where nothing can be written`(file: String) throws {
    let path = try copy(file)
    let before = try Data(contentsOf: URL(filePath: path))
    func setMode(_ mode: Int, _ path: String) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
    try setMode(0o444, path)
    try setMode(0o555, folder.url.path)
    defer { try? setMode(0o755, folder.url.path) }
    try expectValues(file, in: CheckpointStore(path: path, for: .read))
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [file])
  }

  @Test(arguments: files)
  func `an example is brought to the present version, and keeps its values`(file: String) throws {
    let path = try copy(file)
    try expectValues(file, in: CheckpointStore(path: path))
    let version = try ChildProcess.run("sqlite3", [path, "PRAGMA user_version"]).output
    #expect(version == "\(StoreSchema.version)\n")
    try expectValues(file, in: CheckpointStore(path: path, for: .read))
  }

  private func change(_ path: String, _ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }

  @Test(arguments: [CheckpointStore.Access.read, .write])
  func `a store from the future is refused with the version that it needs`(
    access: CheckpointStore.Access
  ) throws {
    let path = try copy("store-v1.sqlite")
    try change(
      path,
      """
      PRAGMA user_version = 99;
      ALTER TABLE variable ADD COLUMN sharding TEXT;
      CREATE TABLE device (id INTEGER PRIMARY KEY, name TEXT) STRICT;
      """)
    let before = try Data(contentsOf: URL(filePath: path))
    do {
      _ = try CheckpointStore(path: path, for: access)
      Issue.record("nothing was thrown")
    } catch let error as CheckpointError {
      #expect(error.code == .newerVersion)
      #expect(
        error.message == """
          Store "\(path)" has format version 99; this program knows versions up to \(StoreSchema.version).
          Open it with a newer version of Nascent.
          """)
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test func `tables of other programs stay, and their columns in ours are refused`() throws {
    let path = try copy("store-v1.sqlite")
    try change(path, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
    try expectValues("store-v1.sqlite", in: CheckpointStore(path: path))
    #expect(try ChildProcess.run("sqlite3", [path, "SELECT text FROM notes"]).output == "mine\n")
    try change(path, "ALTER TABLE variable ADD COLUMN sharding TEXT")
    do {
      _ = try CheckpointStore(path: path, for: .read)
      Issue.record("nothing was thrown")
    } catch let error as CheckpointError {
      #expect(error.code == .notAStore)
      #expect(error.message.contains("its table variable is missing or not as it must be"))
    }
  }
}
