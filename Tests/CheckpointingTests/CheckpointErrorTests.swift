import Foundation
import Nascent
import StoreSchema
import TestSupport
import Testing

/// Each failure of a store, provoked, with its whole message.
struct CheckpointErrorTests {
  private let folder: TemporaryFolder
  private let path: String

  init() async throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    var graph = VariableGraph()
    try graph.declare("v", shape: [4], initializer: .ones)
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()
  }

  private func expect(
    _ message: String, _ code: CheckpointError.Code,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    do {
      try body()
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as CheckpointError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
      Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func `a missing file is not a store`() {
    let missing = folder.path("none.db")
    expect(
      """
      "\(missing)" is not a Nascent store: there is no such file.
      Check the path; `nascent materialize GRAPH --store FILE` makes a new store.
      """, .notAStore
    ) { _ = try CheckpointStore(path: missing, for: .read) }
  }

  @Test func `a text file is not a store`() throws {
    let text = folder.path("t.db")
    try Data(repeating: 65, count: 5000).write(to: URL(filePath: text))
    expect(
      """
      "\(text)" is not a Nascent store: file is not a database.
      Check the path; `nascent materialize GRAPH --store FILE` makes a new store.
      """, .notAStore
    ) { _ = try CheckpointStore(path: text, for: .read) }
  }

  @Test(arguments: [CheckpointStore.Access.read, .write])
  func `another program's database is not a store, and is not changed`(
    access: CheckpointStore.Access
  ) throws {
    let other = folder.path("o.db")
    _ = try ChildProcess.run("sqlite3", [other, "CREATE TABLE t (x); PRAGMA user_version = 3"])
    let before = try Data(contentsOf: URL(filePath: other))
    expect(
      """
      "\(other)" is not a Nascent store: it is a SQLite file with application id 0.
      Check the path; `nascent materialize GRAPH --store FILE` makes a new store.
      """, .notAStore
    ) { _ = try CheckpointStore(path: other, for: access) }
    #expect(try Data(contentsOf: URL(filePath: other)) == before)
  }

  @Test func `a store from the future is refused`() throws {
    _ = try ChildProcess.run("sqlite3", [path, "PRAGMA user_version = 99"])
    expect(
      """
      Store "\(path)" has format version 99; this program reads version 1.
      Make it again from its manifest, or export it with the version of Nascent that wrote it and import \
      the file.
      """, .otherVersion
    ) { _ = try CheckpointStore(path: path, for: .read) }
  }

  @Test func `a range outside a variable is refused`() throws {
    let store = try CheckpointStore(path: path, for: .read)
    expect(
      """
      Elements 2..<5 reach outside variable "v" of 4 elements.
      Ask for a range inside 0..<4.
      """, .rangeOutOfBounds
    ) { _ = try store.slice(of: "v", elements: 2..<5) }
  }

  @Test func `a folder that does not exist is said`() {
    expect(
      """
      Cannot use store "/nonexistent/folder/x.db": unable to open database file.
      Check that the folder exists, that you may write to it, and that the disk has space.
      """, .inputOutput
    ) { _ = try CheckpointStore(path: "/nonexistent/folder/x.db") }
  }

  @Test func `a store that loses its tables while it is open is damaged`() throws {
    let store = try CheckpointStore(path: path, for: .read)
    _ = try ChildProcess.run("sqlite3", [path, "DROP VIEW checkpoints"])
    expect(
      """
      Store "\(path)" is damaged: no such table: checkpoints.
      Restore the file from a copy, or materialize the graph into a new store.
      """, .damaged
    ) { _ = try store.checkpoints() }
  }

  @Test func `a store in use says so when it has waited`() async throws {
    let script = folder.path("script")
    let ready = folder.path("ready")
    let done = folder.path("done")
    // Holds the lock until the file `done` is there, for at most a minute.
    let hold = "for i in $(seq 600); do [ -e '\(done)' ] && break; sleep 0.1; done"
    try Data("BEGIN EXCLUSIVE;\n.shell echo $PPID > '\(ready)'; \(hold)\nROLLBACK;\n".utf8)
      .write(to: URL(filePath: script))
    let path = path
    let holder = Task.detached {
      try ChildProcess.run("sh", ["-c", "exec sqlite3 '\(path)' < '\(script)'"])
    }
    var process = ""
    while !process.hasSuffix("\n") {
      try await Task.sleep(for: .milliseconds(10))
      process = (try? String(contentsOfFile: ready, encoding: .utf8)) ?? ""
    }
    #if os(Linux)
      let name = "sqlite3 \(path) (process \(process.dropLast()))"
    #else
      let name = "another process"
    #endif
    expect(
      """
      Store "\(path)" is in use by \(name), which did not let go in 10 seconds.
      Try again when it has finished.
      """, .busy
    ) { _ = try CheckpointStore(path: path).checkpoints() }
    try Data().write(to: URL(filePath: done))
    _ = try await holder.value
  }
}
