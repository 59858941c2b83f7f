#if os(Linux)
  import Foundation
  import GRDB
  import Nascent

  /// What must hold of a store's file after whatever happened to it.
  struct StoreCheck {
    let expectation: FaultyRun.Expectation

    /// Opens the file, checks SQLite's own structure, every digest and every reference.
    ///
    /// - Returns: The names of the variables that have a value; an empty list for a file that was not
    ///   begun.
    /// - Throws: What is wrong.
    func openedNames(_ path: String) throws -> Set<String> {
      let store = try CheckpointStore(path: path)
      let problems = try DatabaseQueue(path: path).read { db in
        try String.fetchAll(db, sql: "PRAGMA integrity_check")
          + Row.fetchAll(
            db, sql: "PRAGMA foreign_key_check"
          ).map { "\($0)" }
      }
      guard problems == ["ok"] else { throw Violation("\(problems)") }
      guard try store.checkpoints().map(\.name) == ["initial"] else { return [] }
      let report = try store.verify("initial")
      guard report.isIntact else { throw Violation("\(report.damages)") }
      return Set(report.verified)
    }

    /// Runs the graph again, which must end with the digest of a run without a fault.
    func resume(_ path: String) async throws {
      let report = try await Runtime(
        graph: expectation.graph, store: CheckpointStore(path: path)
      ).materialize()
      guard report.contentDigest == expectation.contentDigest else {
        throw Violation("the content digest is \(String(describing: report.contentDigest))")
      }
    }

    /// Checks the file as `openedNames` does, and runs the graph again.
    ///
    /// - Parameter wasWhole: The run before said nothing of a failure: all values must be there.
    func complete(_ path: String, wasWhole: Bool) async throws {
      let names = try openedNames(path)
      guard !wasWhole || names.count == expectation.variableCount else {
        throw Violation("only \(names.sorted()) are there")
      }
      try await resume(path)
    }

    /// Something that must not be.
    struct Violation: Error, CustomStringConvertible {
      let description: String
      init(_ description: String) { self.description = description }
    }
  }
#endif
