import Foundation
import Nascent
import TestSupport
import Testing

/// Changes that went unseen once, each in the uses that did not see it.
struct TamperingTests {
  /// A change in SQL, and the uses that must refuse something because of it.
  struct Fault: Sendable, CustomTestStringConvertible {
    let store: String
    let sql: String
    let uses: [TamperUse]
    var testDescription: String { "\(store): \(sql)" }
  }

  private static let swappedPayloads = """
    UPDATE variable SET payload_id = CASE name
      WHEN 'kernel' THEN (SELECT payload_id FROM variable WHERE name = 'other' AND checkpoint_id = 1)
      ELSE (SELECT payload_id FROM variable WHERE name = 'kernel' AND checkpoint_id = 1) END
    WHERE name IN ('kernel', 'other') AND checkpoint_id = 1
    """

  static let faults = [
    Fault(
      store: "values", sql: swappedPayloads,
      uses: [
        .mergeAsPart, .mergeAsCatalog, .mergeAsTarget, .mergeWithItself, .materializeSkip,
        .materializeVerify, .materializeMore, .replaceOnly, .tensor, .slice, .export, .diff, .plot,
        .show, .sign, .list, .save, .restore,
      ]),
    Fault(
      store: "large",
      sql: """
        UPDATE chunk SET number = number + 10 WHERE number < 2 AND payload_id =
          (SELECT payload_id FROM variable WHERE name = 'table');
        UPDATE chunk SET number = 11 - number WHERE number >= 10
        """, uses: [.tensor, .slice, .rank, .export, .diff, .mergeAsPart, .restore, .verify]),
    Fault(
      store: "recipes", sql: "UPDATE checkpoint SET dialect = 'jax'",
      uses: [.list, .tensor, .slice, .rank, .sign, .graph, .fingerprint, .plan, .verify]),
    Fault(
      store: "flax", sql: "UPDATE variable SET position = 1 - position WHERE position < 2",
      uses: [.tensor, .slice, .rank, .runtimeValue, .export, .sign, .plan, .verify]),
    Fault(
      store: "values", sql: "UPDATE payload SET dtype = 'int32' WHERE dtype = 'float32'",
      uses: [.tensor, .slice, .show, .mergeAsPart, .verify, .export]),
    Fault(
      store: "values", sql: "UPDATE payload SET byte_count = byte_count + 4",
      uses: [.tensor, .slice, .show, .mergeAsPart, .verify, .export]),
    Fault(
      store: "values", sql: "UPDATE payload SET sha256 = zeroblob(32)",
      uses: [.show, .showOne, .tensor, .list, .mergeAsPart]),
    Fault(
      store: "training", sql: "UPDATE metric SET value = 0 WHERE checkpoint_id = 2",
      uses: [.list, .restoreStep, .prune, .show]),
    Fault(
      store: "training", sql: "UPDATE checkpoint SET step = 1 WHERE step = 20",
      uses: [.list, .restoreStep, .prune]),
    Fault(
      store: "training", sql: "UPDATE variable SET is_assigned = 0",
      uses: [.runtimeSlice, .runtimeValue, .plan, .uninitialized, .verifyRegenerate]),
    Fault(
      store: "part",
      sql: """
        UPDATE partial SET variable_id = -variable_id;
        UPDATE partial SET variable_id = 3 + variable_id
        """, uses: [.mergeAsPart, .materializeSkip, .plan, .list, .verify]),
    Fault(
      store: "part", sql: "DELETE FROM partial WHERE variable_id = 2",
      uses: [.mergeAsPart, .materializeSkip, .plan, .list, .verify]),
    Fault(
      store: "values", sql: "DELETE FROM variable WHERE name = 'half'",
      uses: [.list, .plan, .materializeSkip, .uninitialized, .mergeAsPart, .verify]),
    Fault(
      store: "values", sql: "UPDATE checkpoint SET name = 'elsewhere' WHERE name = 'initial'",
      uses: [.list, .plan, .materializeSkip, .runtimeValue, .mergeAsTarget]),
    Fault(
      store: "values", sql: "DELETE FROM checkpoint WHERE name = 'initial'",
      uses: [.list, .plan, .materializeSkip, .runtimeValue, .verify]),
  ]

  @Test(arguments: faults)
  func `a change is found by the uses that rely on it`(fault: Fault) async throws {
    let folder = try TemporaryFolder()
    let store = try #require(await TamperedStore.named(fault.store, in: folder))
    let path = folder.path("changed.db")
    for use in fault.uses {
      try store.bytes.write(to: URL(filePath: path))
      try StoreFile(path: path).change(fault.sql)
      let answers = await use.run(path, of: store)
      #expect(answers.items.values.contains { $0.isRefused }, "\(use) \(answers.items)")
      if use.isWriting {
        let state = await TamperState(of: path, store.checkpoints)
        let isMade = use == .replaceOnly || use == .materializeSkip
        #expect(state.isDamaged || isMade && state.text.contains("verified"), "\(use)")
      }
    }
  }

  @Test func `a tampered part is refused with the name of the row`() async throws {
    let folder = try TemporaryFolder()
    let store = try #require(await TamperedStore.named("values", in: folder))
    try StoreFile(path: store.path).change("UPDATE payload SET mean = 9 WHERE id = 2")
    let other = folder.path("other.db")
    await #expect {
      _ = try await CheckpointStore(path: other).merge([store.path])
    } throws: { error in
      (error as? CheckpointError)?.code == .damaged
        && "\(error)".contains("the row of variable \"other\", or of its value")
        && "\(error)".contains(store.path)
    }
  }

  @Test func `a damaged row leaves the others verified`() async throws {
    let folder = try TemporaryFolder()
    let store = try #require(await TamperedStore.named("values", in: folder))
    try StoreFile(path: store.path).change("UPDATE payload SET mean = 9 WHERE id = 2")
    let report = try CheckpointStore(path: store.path, for: .read).verify()
    #expect(!report.isIntact)
    #expect(report.damages.map(\.variable) == ["other"])
    #expect(report.verified == ["kernel", "half", "empty", "sum"])
  }

  @Test func `metrics and shares that a merge brings are sealed`() async throws {
    let folder = try TemporaryFolder()
    let store = try #require(await TamperedStore.named("training", in: folder))
    let other = try CheckpointStore(path: folder.path("other.db"))
    let graph = store.main.graph
    _ = try await Runtime(graph: graph, store: other, checkpoint: "step-20")
      .materialize(matching: ["none"])
    _ = try await other.merge([store.path], checkpoint: "step-20")
    #expect(try other.checkpoints().map(\.flaw) == [nil])
    #expect(try other.verify("step-20").isIntact)
    #expect(
      try other.savedCheckpoints().map(\.metrics) == [["accuracy": 0.5, "loss": 0.05]])
    // Once more into rows that have their seals.
    _ = try await other.merge([store.path], checkpoint: "step-20")
    #expect(try other.checkpoints().map(\.flaw) == [nil])
  }
}
