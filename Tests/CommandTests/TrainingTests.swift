import Foundation
import Nascent
import TestSupport
import Testing

/// `Examples/TrainMLP` as a process that can be killed, and what the command says of its store.
struct TrainingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(
    _ store: String, _ options: [String], killedAfter seconds: Double? = nil
  ) throws -> ChildProcess {
    let program = URL(filePath: ChildProcess.nascent).deletingLastPathComponent()
      .appending(path: "TrainMLP").path
    return try ChildProcess.run(
      program, ["train", store] + options, killedAfter: seconds)
  }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  /// Each step rests on the one before, so that a wrong one would change all that follow.
  @Test func `a killed and resumed training ends with the weights of an uninterrupted one`() throws
  {
    let options = ["--steps", "200", "--every", "20"]
    let (whole, killed) = (folder.path("whole.db"), folder.path("killed.db"))
    #expect(try train(whole, options).status == 0)
    #expect(try train(killed, options + ["--kill-at", "133"]).status == SIGKILL)
    let resumed = try train(killed, options)
    // The save of step 120 may have been under way.
    #expect(resumed.output.contains(/^resumed at step 1[02]0, metrics/))
    let last = try [whole, killed].map {
      try CheckpointStore(path: $0, for: .read).savedCheckpoint(at: .latest)
    }
    #expect(last[0].step == 200)
    #expect(last[0].contentDigest == last[1].contentDigest)
    #expect(last[0].metrics["accuracy"] ?? 0 > 0.9)
    let digest = try #require(last[0].contentDigest)
    #expect(resumed.output.hasSuffix("digest \(digest)\n"))
  }

  /// The bits are those of every machine: only sums and products of floats in a fixed order make them.
  @Test func `a training ends with known weights`() throws {
    let store = folder.path("s.db")
    _ = try train(store, ["--steps", "200", "--every", "200"])
    #expect(
      try CheckpointStore(path: store, for: .read).savedCheckpoint(at: .latest).contentDigest?.hex
        == "b3aab54eec3110fc963db825d7883da24d49356bd6413d028219b43c765564e2")
  }

  @Test func `whenever a saving process is killed, the store has whole steps and goes on`() throws {
    // Large and slow enough to be killed while it saves, which it does after every step.
    let options = ["--steps", "40", "--every", "1", "--hidden", "2000"]
    let whole = folder.path("whole.db")
    #expect(try train(whole, options).status == 0)
    let digest = try CheckpointStore(path: whole, for: .read).savedCheckpoint(at: .latest)
      .contentDigest
    var generator = SeededGenerator(state: 3)
    var interrupted = 0
    for round in 0..<6 {
      let path = folder.path("killed\(round).db")
      for _ in 0..<2 {
        let killed = try train(
          path, options, killedAfter: Double.random(in: 0.1...1.2, using: &generator))
        if killed.status == SIGKILL { interrupted += 1 }
        guard FileManager.default.fileExists(atPath: path) else { continue }
        let check = try ChildProcess.run(
          "sqlite3", [path, "PRAGMA integrity_check; PRAGMA foreign_key_check"])
        #expect(check.output == "ok\n")
        guard let store = try? CheckpointStore(path: path) else { continue }
        for saved in try store.savedCheckpoints() {
          #expect(try store.verify(saved.name).verified.count == 8)
          #expect(saved.metrics.count == 2 || saved.step == 40)
        }
      }
      #expect(try train(path, options).status == 0)
      #expect(
        try CheckpointStore(path: path, for: .read).savedCheckpoint(at: .latest).contentDigest
          == digest)
    }
    #expect(interrupted > 0)
  }

  @Test func `prune says what it keeps, and never removes the last one unless by name`() throws {
    let store = folder.path("s.db")
    _ = try train(store, ["--steps", "60", "--every", "20"])
    let mistyped = try nascent("prune", store, "--keep-highest", "acuracy")
    #expect(mistyped.status == 65 && mistyped.errors.contains("there are \"accuracy\""))
    let dry = try nascent("prune", store, "--keep-every", "1000", "--dry-run")
    #expect(
      dry.output == """
        --keep-every 1000 keeps none
        step-60 stays: no option keeps it, and it is the last one
        would remove step-20
        would remove step-40
        2 checkpoints would be removed

        """)
    #expect(try CheckpointStore(path: store, for: .read).savedCheckpoints().count == 3)
    let pruned = try nascent("prune", store, "--keep-every", "1000", "--json")
    #expect(
      pruned.output == """
        {"dryRun":false,"kept":[{"checkpoints":[],"option":"--keep-every 1000"}],"lastKept":"step-60",\
        "removed":["step-20","step-40"]}

        """)
    #expect(try nascent("prune", store, "--remove", "step-6").status == 65)
    #expect(try nascent("prune", store, "--remove", "step-60", "--keep-last", "1").status == 64)
    let removed = try nascent("prune", store, "--remove", "step-60")
    #expect(removed.output == "removed step-60\n1 checkpoints removed\n")
    #expect(try CheckpointStore(path: store, for: .read).savedCheckpoints().isEmpty)
  }

  @Test func `the command shows, verifies and prunes what was saved`() throws {
    let store = folder.path("s.db")
    _ = try train(store, ["--steps", "60", "--every", "20"])
    let list = try nascent("list", store)
    let lines = list.output.split(separator: "\n")
    #expect(lines[0].hasSuffix("CREATED               METRICS"))
    #expect(lines.last?.contains(/^step-60  60 +1 .* accuracy=[01]\.[0-9]+$/) == true)
    guard
      case .array(let documents) = try JSONValue(
        parsing: Data(nascent("list", store, "--json").output.utf8)),
      case .object(let last)? = documents.last
    else {
      Issue.record("not a list: \(list.output)")
      return
    }
    #expect(last["step"] == 60)
    guard case .object(let metadata)? = last["metadata"] else { return }
    #expect(metadata["optimizer"] == "sgd")

    let shown = try nascent("show", store, "hidden/bias", "--checkpoint", "step-60")
    #expect(shown.output.contains("hidden/bias  [16]   float32  assigned"))
    let verified = try nascent(
      "verify", store, "--checkpoint", "step-60", "--level", "regenerate")
    #expect(
      verified.output == """
        8 verified, 0 damaged, 0 without stored bytes, 0 of another value, 8 assigned and not made again

        """)
    #expect(verified.status == 0)

    let pruned = try nascent("prune", store, "--keep-last", "1")
    #expect(
      pruned.output == """
        --keep-last 1 keeps step-60
        removed step-20
        removed step-40
        2 checkpoints removed

        """)
    #expect(try nascent("show", store, "--checkpoint", "step-20").status == 65)
    #expect(try nascent("prune", store).status == 64)
    #expect(try nascent("prune", store, "--keep-last", "0").status == 64)
    #expect(try nascent("prune", folder.path("none.db"), "--keep-last", "1").status == 65)
    #expect(!FileManager.default.fileExists(atPath: folder.path("none.db")))
  }
}
