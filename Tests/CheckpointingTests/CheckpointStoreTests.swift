import Foundation
import Nascent
import StoreAccess
import StoreSchema
import TestSupport
import Testing

struct CheckpointStoreTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
  }

  private func run(
    _ graph: VariableGraph, _ policy: ExistingPolicy = .skip, only: [GlobPattern] = ["*"],
    isRecipe: Bool = false
  ) async throws -> MaterializationReport {
    try await Runtime(graph: graph, store: CheckpointStore(path: path))
      .materialize(matching: only, policy: policy, isRecipe: isRecipe)
  }

  private func store() throws -> CheckpointStore { try CheckpointStore(path: path, for: .read) }

  @Test func `a second run skips everything and changes no digest`() async throws {
    let graph = try Models.mixed()
    let first = try await run(graph)
    let second = try await run(graph)
    #expect(first.count(of: .materialized) == graph.variables.count)
    #expect(second.count(of: .skipped) == graph.variables.count)
    #expect(second.count(of: .aliased) == 1)
    #expect(second.contentDigest == first.contentDigest)
    #expect(first.contentDigest != nil)
  }

  @Test func `tensors and slices read back as they were made`() async throws {
    let graph = try Models.mixed()
    _ = try await run(graph)
    let store = try store()
    for name in graph.variables.map(\.name) + ["head"] {
      let expected = try await Runtime(graph: graph).value(of: name)
      #expect(try store.tensor(named: name).isIdentical(to: expected), "\(name)")
      let count = expected.shape.elementCount
      let range = count / 3..<count - count / 4
      #expect(
        try store.slice(of: name, elements: range).isIdentical(
          to: expected.slice(elements: range)), "\(name)")
    }
  }

  @Test func `another graph seed remakes exactly the variables without a seed of their own`()
    async throws
  {
    _ = try await run(Models.mixed(seed: 42))
    let report = try await run(Models.mixed(seed: 43))
    let remade = report.outcomes.filter { $0.action == .replaced }
    #expect(
      remade.map(\.name) == [
        "mixed/normal", "mixed/truncated", "mixed/half", "mixed/brain", "mixed/double",
        "mixed/orthogonal", "mixed/bias",
      ])
    #expect(Set(remade.map(\.reason)) == ["remade: graph seed changed from 42 to 43"])
    #expect(report.count(of: .skipped) == 5)
  }

  @Test func `a remade variable says which field changed`() async throws {
    var before = VariableGraph()
    try before.declare("v", shape: [784, 128], initializer: .zeros)
    _ = try await run(before)
    var after = VariableGraph()
    try after.declare("v", shape: [784, 256], dtype: .float16, initializer: .ones)
    let report = try await run(after)
    #expect(
      report.outcomes.map(\.reason) == [
        """
        remade: shape changed from [784,128] to [784,256]; dtype changed from float32 to float16; \
        initializer changed from {"class_name":"Zeros","config":{}} to \
        {"class_name":"Ones","config":{}}
        """
      ])
  }

  @Test(arguments: [ExistingPolicy.fail, .verify])
  func `another declaration is refused and nothing changes`(policy: ExistingPolicy) async throws {
    var before = VariableGraph()
    try before.declare("v", shape: [2], initializer: .zeros)
    let digest = try await run(before).contentDigest
    var after = VariableGraph()
    try after.declare("v", shape: [3], initializer: .zeros)
    await #expect {
      _ = try await run(after, policy)
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" holds other declarations, and the policy is \(policy.rawValue); nothing \
        was changed:
          v: shape changed from [2] to [3]
        The policy skip remakes what changed; another checkpoint leaves this one as it is.
        """
    }
    #expect(try store().checkpoint(named: "initial").contentDigest == digest?.hex)
  }

  @Test(arguments: [ExistingPolicy.fail, .verify])
  func `an alias in place of something else is refused and nothing changes`(
    policy: ExistingPolicy
  ) async throws {
    func graph(_ names: [String], _ tied: [(String, String)]) throws -> VariableGraph {
      var graph = VariableGraph()
      for name in names { try graph.declare(name, shape: [2], initializer: .constant(1)) }
      for (alias, target) in tied { try graph.tie(alias, to: target) }
      return graph
    }
    _ = try await run(graph(["a", "b", "head"], [("tail", "a")]))
    let before = try Data(contentsOf: URL(filePath: path))
    await #expect {
      _ = try await run(graph(["a", "b"], [("tail", "b"), ("head", "a"), ("new", "a")]), policy)
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" holds other declarations, and the policy is \(policy.rawValue); nothing \
        was changed:
          tail: it was an alias of "a", and is an alias of "b"
          head: it was a variable of its own, and is an alias of "a"
        The policy skip remakes what changed; another checkpoint leaves this one as it is.
        """
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == before)
  }

  @Test func `replace makes every variable again with the same digests`() async throws {
    let graph = try Models.mixed()
    let first = try await run(graph)
    let second = try await run(graph, .replace)
    #expect(second.count(of: .replaced) == graph.variables.count)
    #expect(second.contentDigest == first.contentDigest)
    #expect(try store().verify().verified.count == graph.variables.count)
  }

  @Test func `what another run has not finished is removed only when that run is gone`()
    async throws
  {
    let graph = try Models.mixed()
    _ = try await run(graph)
    let insert =
      "INSERT INTO payload (id, dtype, byte_count, is_recipe) VALUES (999, 'float32', 4, 0)"
    _ = try ChildProcess.run("sqlite3", [path, insert])
    func unfinished() throws -> String {
      try ChildProcess.run(
        "sqlite3", [path, "SELECT count(*) FROM payload WHERE sha256 IS NULL"]
      ).output
    }
    var other: WriterPresence? = WriterPresence(beside: path)
    _ = try await run(graph, .replace)
    #expect(other != nil)
    #expect(try unfinished() == "1\n")
    other = nil
    _ = try await run(graph)
    #expect(try unfinished() == "0\n")
  }

  @Test func `equal values are stored once`() async throws {
    var graph = VariableGraph()
    for index in 0..<20 {
      try graph.declare("large\(index)", shape: [1 << 20], initializer: .constant(3))
      try graph.declare("small\(index)", shape: [1000], initializer: .constant(3))
    }
    _ = try await run(graph)
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    // 84 MB of values; one chunk of 1 MiB and one of 4,000 bytes hold them all.
    #expect(size < 4 << 20)
    #expect(try store().verify().verified.count == 40)
  }

  @Test func `only the selected variables are made, the others are declared`() async throws {
    let graph = try Models.mixed()
    let report = try await run(graph, only: ["*/o*"])
    #expect(report.outcomes.map(\.name) == ["mixed/orthogonal", "mixed/ones"])
    #expect(report.contentDigest == nil)
    let states = try store().descriptions(in: "initial").filter { $0.state == "declared" }
    #expect(states.count == graph.variables.count - 2)
    #expect(try await run(graph).contentDigest != nil)
  }

  @Test func `a recipe has digests without bytes, and is filled in later`() async throws {
    let graph = try Models.mixed()
    let recipe = try await run(graph, isRecipe: true)
    #expect(try store().descriptions(in: "initial").count { $0.state == "recipe" } == 12)
    #expect(throws: CheckpointError.self) { try store().tensor(named: "mixed/he") }
    let whole = try await run(graph)
    #expect(whole.contentDigest == recipe.contentDigest)
    #expect(whole.count(of: .materialized) == 12)
  }

  @Test func `a variable that left the graph leaves the checkpoint`() async throws {
    let graph = try Models.mixed()
    _ = try await run(graph)
    var smaller = VariableGraph(seed: 42)
    for variable in graph.variables.dropLast() {
      try Models.declare(variable, variable.initializer, in: &smaller)
    }
    let report = try await run(smaller)
    #expect(Set(report.removed) == ["mixed/bias", "head"])
    #expect(report.count(of: .skipped) == 11)
  }

  @Test func `any flipped byte of a payload is found and located`() async throws {
    var graph = VariableGraph()
    try graph.declare("first", shape: [700_000], initializer: .normal(seed: 1))
    try graph.declare("second", shape: [100], initializer: .normal(seed: 2))
    _ = try await run(graph)
    let tensor = try store().tensor(named: "first").data()
    var bytes = try Data(contentsOf: URL(filePath: path))
    // 64 bytes of the second chunk, as they lie in the file.
    let needle = tensor[(1 << 20) + 640..<(1 << 20) + 704]
    let place = try #require(bytes.range(of: needle))
    bytes[place.lowerBound + 13] ^= 0x10
    try bytes.write(to: URL(filePath: path))
    let report = try store().verify()
    #expect(report.damages.map(\.variable) == ["first"])
    #expect(report.damages.map(\.chunk) == [1])
    #expect(report.verified == ["second"])
    let damage = try #require(report.damages.first)
    #expect {
      try store().tensor(named: "first")
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" is damaged: chunk 1 of variable "first" has digest \
        \(damage.found?.hex ?? ""), expected \(damage.expected?.hex ?? "").
        `nascent repair` makes it again where its declaration does; `nascent verify` lists every damaged \
        chunk.
        """
    }
    // The first chunk is whole, and so is a slice of it.
    #expect(try store().slice(of: "first", elements: 5..<9).shape.elementCount == 4)
    _ = try await run(graph, .replace)
    #expect(try store().verify().isIntact)
  }

  @Test func `one variable is asked for alone, with the answer of all together`() async throws {
    let graph = try Models.mixed()
    let writer = try CheckpointStore(path: path)
    func stored(_ graph: VariableGraph, in checkpoint: String = "initial") throws -> Set<String> {
      let alone = try graph.variables.filter {
        try writer.isMaterialized($0, of: graph, in: checkpoint)
      }
      let names = Set(alone.map(\.name))
      #expect(try writer.materializedNames(of: graph, in: checkpoint) == NameSet(names: names))
      return names
    }
    #expect(try stored(graph).isEmpty)
    _ = try await run(graph, isRecipe: true)
    #expect(try stored(graph).isEmpty)
    _ = try await run(graph, only: ["*/o*"])
    #expect(try stored(graph) == ["mixed/orthogonal", "mixed/ones"])
    // Another seed is another declaration of the one, and none of the other.
    #expect(try stored(Models.mixed(seed: 43)) == ["mixed/ones"])
    #expect(try stored(graph, in: "other").isEmpty)
    let reasons = try writer.plan(graph, selecting: ["mixed/he", "mixed/ones"]).decisions
    #expect(reasons.map(\.reason) == ["only the recipe was stored", "unchanged"])
  }

  @Test func `restoring reports what is missing, unexpected and mismatching`() async throws {
    let graph = try Models.mixed()
    _ = try await run(graph)
    var other = VariableGraph()
    try other.declare("mixed/he", shape: [700, 801], initializer: .zeros)
    try other.declare("mixed/bias", shape: [18], initializer: .zeros)
    try other.declare("new", shape: [1], initializer: .zeros)
    let report = try store().restoreReport(for: other)
    #expect(report.restorable == ["mixed/he"])
    #expect(report.missing == ["new"])
    #expect(report.unexpected.count == 11)
    #expect(
      report.mismatching.map { "\($0.name) \($0.declared) \($0.stored)" } == [
        "mixed/bias float32 [18] float32 [17]"
      ])
    let runtime = Runtime(graph: other)
    #expect(try await !runtime.restore(from: store()).isComplete)
    #expect(await runtime.fillCounts.isEmpty)
    let same = Runtime(graph: graph)
    #expect(try await same.restore(from: store()).isComplete)
    #expect(
      try await same.value(of: "mixed/he").isIdentical(to: store().tensor(named: "mixed/he")))
    #expect(await same.fillCounts.isEmpty)
  }

  @Test func `a checkpoint's graph has the fingerprint of the one that made it`() async throws {
    let graph = try Models.mixed()
    _ = try await run(graph)
    #expect(try store().graph().fingerprint() == graph.fingerprint())
  }

  @Test func `other files are refused`() throws {
    let text = folder.path("t.db")
    try Data(repeating: 65, count: 5000).write(to: URL(filePath: text))
    #expect(throws: CheckpointError.self) { try CheckpointStore(path: text, for: .read) }
    #expect {
      try CheckpointStore(path: folder.path("none.db"), for: .read)
    } throws: { error in
      (error as? CheckpointError)?.code == .notAStore
    }
    #expect {
      try CheckpointStore(path: "/nonexistent/folder/x.db")
    } throws: { error in
      (error as? CheckpointError)?.code == .inputOutput
    }
  }

  @Test func `an unknown checkpoint or variable is named`() async throws {
    var graph = VariableGraph()
    try graph.declare("v", shape: [2], initializer: .zeros)
    _ = try await run(graph, only: ["nothing"])
    #expect {
      try store().tensor(named: "v", in: "other")
    } throws: { error in
      "\(error)" == """
        The store has no checkpoint "other"; it has initial.
        Choose one of these with --checkpoint, or materialize it first.
        """
    }
    #expect {
      try store().tensor(named: "w")
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" has no variable "w".
        Did you mean "v"?
        """
    }
    #expect {
      try store().tensor(named: "kernel")
    } throws: { error in
      "\(error)" == """
        Checkpoint "initial" has no variable "kernel".
        `nascent show` lists its variables.
        """
    }
    #expect {
      try store().tensor(named: "v")
    } throws: { error in
      "\(error)" == """
        Variable "v" of checkpoint "initial" has no stored bytes.
        Materialize it first.
        """
    }
  }

  @Test func `Swift holds no SQL, and pointers live where they may`() throws {
    let sources = ProjectFiles.root.appending(path: "Sources")
    let files = try #require(
      FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var read = 0
    for case let file as URL in files where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      read += 1
      for word in ["SELECT ", "INSERT ", "CREATE "] {
        #expect(!text.contains(word), "\(file.lastPathComponent) has \(word)")
      }
      if !["TensorMemory", "RandomSampling", "StoreAccess"].contains(
        file.deletingLastPathComponent().lastPathComponent)
      {
        // GRDB's word for a transaction that stays open; it has nothing to do with memory.
        let text = text.replacing("allowsUnsafeTransactions", with: "")
        #expect(!text.contains("nsafe"), "\(file.lastPathComponent) is not free of pointers")
      }
    }
    #expect(read > 50)
  }

  @Test func `the schema's statements are named and the file is marked`() async throws {
    var graph = VariableGraph()
    try graph.declare("v", shape: [2], initializer: .zeros)
    _ = try await run(graph)
    let pragmas = try ChildProcess.run(
      "sqlite3",
      [
        path,
        "PRAGMA application_id; PRAGMA user_version; PRAGMA integrity_check; "
          + "PRAGMA foreign_key_check;",
      ])
    #expect(pragmas.output == "\(StoreSchema.applicationID)\n\(StoreSchema.version)\nok\n")
    #expect(StoreSchema.statements.count > 20)
  }
}
