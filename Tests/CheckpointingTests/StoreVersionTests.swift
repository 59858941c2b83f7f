import Foundation
import GRDB
import Nascent
import StoreSchema
import TestSupport
import Testing

/// Files of other versions, and what stands beside the tables in files of this one.
struct StoreVersionTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    _ = try CheckpointStore(path: path)
  }

  private func change(_ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }

  @Test(arguments: [CheckpointStore.Access.read, .write], [0, 2, 3, 99])
  func `a store of another version is refused, and stays as it is`(
    access: CheckpointStore.Access, version: Int
  ) throws {
    try change("PRAGMA user_version = \(version)")
    let before = try Data(contentsOf: URL(filePath: path))
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: path, for: access)
    }
    #expect(error?.code == (version == 0 ? .notAStore : .otherVersion))
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test func `a table of the user's own stays, and a column of theirs in ours is refused`() throws {
    try change("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')")
    _ = try CheckpointStore(path: path)
    #expect(try ChildProcess.run("sqlite3", [path, "SELECT text FROM notes"]).output == "mine\n")
    try change("ALTER TABLE variable ADD COLUMN sharding TEXT")
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: path, for: .read)
    }
    #expect(error?.code == .notAStore)
    #expect(error?.message.contains("its table variable is missing or not as it must be") == true)
  }
}
