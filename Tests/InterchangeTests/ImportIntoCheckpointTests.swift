import Foundation
import Nascent
import TestSupport
import Testing

/// Files that come into a checkpoint that has something already.
struct ImportIntoCheckpointTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    store = try CheckpointStore(path: folder.path("s.db"))
  }

  private typealias Tensors = KeyValuePairs<String, [UInt8]>

  private func write(_ tensors: Tensors, _ name: String = "m.safetensors") throws -> String {
    let path = folder.path(name)
    let source = try MemoryTensors(tensors.map { (name: $0.key, bytes: $0.value) })
    _ = try ModelFile.write(source, to: path)
    return path
  }

  private func run(
    _ tensors: Tensors, _ policy: ExistingPolicy = .skip, only: [GlobPattern] = ["*"],
    skipping: [GlobPattern] = [], file: String = "m.safetensors"
  ) async throws -> MaterializationReport {
    let model = try await ModelImport(
      from: ModelFile.open(write(tensors, file)), selecting: only, skipping: skipping)
    return try await model.store(in: store, policy: policy)
  }

  private func values() throws -> [String: [UInt8]] {
    Dictionary(
      uniqueKeysWithValues: try store.variables(in: "initial").filter(\.isMaterialized).map {
        ($0.name, Array(try store.tensor(named: $0.name).data()))
      })
  }

  private func expectSound(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try store.verify().isIntact, sourceLocation: sourceLocation)
    #expect(
      try store.graph().fingerprint().hex == store.checkpoint(named: "initial").specFingerprint,
      sourceLocation: sourceLocation)
  }

  private func message(_ work: () async throws -> MaterializationReport) async -> String {
    do {
      _ = try await work()
      return "nothing was thrown"
    } catch {
      #expect((error as? CheckpointError)?.code == .conflict, "\(error)")
      return "\(error)"
    }
  }

  @Test func `a second import keeps the first file's values`() async throws {
    _ = try await run(["a": [1], "b": [2, 3]])
    let report = try await run(["c": [4], "b": [2, 3]])
    #expect(report.outcomes.map(\.name) == ["b", "c"])
    #expect(report.outcomes.map(\.action) == [.skipped, .materialized])
    #expect(report.outcomes.map(\.reason) == ["kept: its value was imported", "new"])
    #expect(report.removed.isEmpty)
    #expect(try values() == ["a": [1], "b": [2, 3], "c": [4]])
    #expect(try store.variables(in: "initial").map(\.name) == ["a", "b", "c"])
    try expectSound()
  }

  @Test func `a name with other bytes is refused by name, and nothing is changed`() async throws {
    _ = try await run(["a": [1], "b": [2, 3]])
    let digests = [[1], [9]].map { (bytes: [UInt8]) in Digest(of: bytes).hex.prefix(12) }
    for policy in [ExistingPolicy.skip, .verify, .fail] {
      #expect(
        await message { try await run(["a": [9], "c": [4]], policy) } == """
          Checkpoint "initial" has other values under names of the file; nothing was changed:
            a: its value was imported and has the SHA-256 \(digests[0])…; the file has \(digests[1])…
          Leave these tensors out, or give them other names; the policy replace takes the file's values, and \
          another checkpoint leaves this one as it is.
          """)
    }
    #expect(try values() == ["a": [1], "b": [2, 3]])
    let report = try await run(["a": [9], "c": [4]], .replace)
    #expect(report.outcomes.map(\.action) == [.replaced, .materialized])
    #expect(
      report.outcomes[0].reason
        == "taken from the file: the policy is replace; the imported value is lost")
    #expect(try values() == ["a": [9], "b": [2, 3], "c": [4]])
    try expectSound()
  }

  @Test func `values that were made or assigned are not replaced either`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("made", shape: [2], dtype: .uint8, initializer: .ones)
    try graph.declare("assigned", shape: [1], dtype: .uint8, initializer: .ones)
    try graph.declare("equal", shape: [2], dtype: .uint8, initializer: .constant(7))
    let runtime = Runtime(graph: graph)
    try await runtime.assign("assigned", Tensor([5] as [UInt8], shape: .vector(1)))
    try await store.save(runtime, step: 1, name: "initial")
    let text = await message {
      try await run(["assigned": [6], "equal": [7, 7], "made": [2, 3]])
    }
    #expect(text.contains("\n  assigned: its value was assigned and has the SHA-256 "))
    #expect(text.contains("\n  made: its value was made and has the SHA-256 "))
    #expect(!text.contains("equal"))
    let report = try await run(["equal": [7, 7], "new": [1]])
    #expect(report.outcomes.map(\.action) == [.skipped, .materialized])
    #expect(
      try values() == ["made": [1, 1], "assigned": [5], "equal": [7, 7], "new": [1]])
    try expectSound()
    // A variable of equal bytes is still what its graph makes of it.
    #expect(
      try await Runtime(graph: graph, store: store).materialize(matching: ["equal", "made"])
        .count(of: .skipped) == 2)
  }

  @Test(arguments: ["m.npz", "other.safetensors"])
  func `the same bytes are the same value, whatever they came in`(file: String) async throws {
    _ = try await run(["a": [1], "b": [2, 3]])
    let before = try store.checkpoint(named: "initial").specFingerprint
    let report = try await run(["b": [2, 3], "a": [1]], file: file)
    #expect(report.count(of: .skipped) == 2)
    #expect(try store.checkpoint(named: "initial").specFingerprint == before)
    try expectSound()
  }

  @Test func `a name that is only declared gets the value of the file`() async throws {
    var graph = VariableGraph(seed: 3, dialect: .flaxNNX)
    try graph.declare(
      "statistics", shape: [2], dtype: .uint8, initializer: .ones, metadata: ["kind": "batch_stat"])
    try graph.declare("kernel", shape: [2], dtype: .uint8, initializer: .zeros)
    try graph.declare("bias", shape: [2], initializer: .uniform())
    try graph.declare("twice", as: .copy("kernel"))
    _ = try await Runtime(graph: graph, store: store).materialize(matching: ["bias", "twice"])
    let report = try await run(["kernel": [4, 5], "statistics": [6, 7]])
    #expect(
      report.outcomes.map(\.reason) == Array(repeating: "declared before, not made yet", count: 2))
    #expect(report.invalidated == ["twice"])
    #expect(try store.checkpoint(named: "initial").seed == 3)
    #expect(try store.checkpoint(named: "initial").dialect == "flax-nnx")
    let rows = try store.variables(in: "initial")
    #expect(rows.map(\.name) == ["statistics", "kernel", "bias", "twice"])
    #expect(rows[0].metadata["kind"] == "batch_stat")
    #expect(Array(try store.tensor(named: "kernel").data()) == [4, 5])
    try expectSound()
    let made = try await Runtime(graph: graph).value(of: "bias")
    #expect(try store.tensor(named: "bias").isIdentical(to: made))
  }

  @Test func `another shape than the declared one is refused`() async throws {
    var graph = VariableGraph()
    try graph.declare("a", shape: [2], initializer: .zeros)
    try graph.declare("b", shape: [2], dtype: .uint8, initializer: .zeros)
    _ = try await Runtime(graph: graph, store: store).materialize(matching: ["none"])
    let text = await message { try await run(["a": [1, 2], "b": [1, 2, 3]]) }
    #expect(text.contains("\n  a: it is float32 [2], and the file has uint8 [2]\n"))
    #expect(text.contains("\n  b: it is uint8 [2], and the file has uint8 [3]\n"))
    #expect(try await run(["a": [1, 2], "b": [1, 2, 3]], .replace).count(of: .materialized) == 2)
    try expectSound()
  }

  @Test func `an alias is left where it has the bytes of the file`() async throws {
    var graph = VariableGraph()
    try graph.declare("a", shape: [2], dtype: .uint8, initializer: .ones)
    try graph.tie("b", to: "a")
    _ = try await Runtime(graph: graph, store: store).materialize()
    let report = try await run(["a": [1, 1], "b": [1, 1]])
    #expect(report.outcomes.map(\.action) == [.skipped, .skipped])
    #expect(try store.variables(in: "initial").map(\.aliasOf) == [nil, "a"])
    let text = await message { try await run(["b": [1, 2]]) }
    #expect(text.contains("\n  b: it is an alias of \"a\", which has other bytes than the file\n"))
    #expect(try await run(["b": [1, 2]], .replace).count(of: .materialized) == 1)
    #expect(try values() == ["a": [1, 1], "b": [1, 2]])
    try expectSound()
    // The alias of what is replaced follows it.
    let other = try CheckpointStore(path: folder.path("tied.db"))
    _ = try await Runtime(graph: graph, store: other).materialize()
    let model = try await ModelImport(from: ModelFile.open(write(["a": [8, 9]])))
    _ = try await model.store(in: other, policy: .replace)
    #expect(Array(try other.tensor(named: "b").data()) == [8, 9])
    #expect(try other.verify().isIntact)
  }

  @Test func `tensors are selected and left out by their names in the file`() async throws {
    let tensors: Tensors = ["body/a": [1], "body/b": [2], "head/a": [3]]
    _ = try await run(tensors, only: ["body/*", "nothing"], skipping: ["*b"])
    #expect(try values() == ["body/a": [1]])
    _ = try await run(tensors, skipping: ["body/*"])
    #expect(try values() == ["body/a": [1], "head/a": [3]])
    try expectSound()
  }

  @Test func `several files come in at once, and what stands in two of them once`() async throws {
    let paths = [
      try write(["a": [1], "b": [2]], "one.safetensors"),
      try write(["b": [2], "c": [3]], "two.npz"),
    ]
    let model = try await ModelImport(from: paths.map { try ModelFile.open($0) })
    #expect(try await model.store(in: store).count(of: .materialized) == 3)
    #expect(try values() == ["a": [1], "b": [2], "c": [3]])
    try expectSound()
    let other = try write(["b": [5]], "three.safetensors")
    let sources = try [paths[0], other].map { try ModelFile.open($0) }
    await #expect {
      _ = try await ModelImport(from: sources)
    } throws: { error in
      "\(error)" == """
        Cannot import variable "b": several of the files have it, with other bytes; nothing was changed.
        Leave it out of all files but one, or import them under other names or into other checkpoints.
        """
    }
  }

  @Test func `what came from several files is exported as a file of its own`() async throws {
    let origin = try CheckpointStore(path: folder.path("origin.db"))
    _ = try await Runtime(graph: try Models.mixed(), store: origin).materialize()
    let path = folder.path("mixed.safetensors")
    _ = try await origin.export(to: path)
    _ = try await ModelImport(from: ModelFile.open(path)).store(in: store)
    _ = try await run(["more": [1]])
    let out = folder.path("out.safetensors")
    let report = try await store.export(to: out)
    // Its content digest is checked when it is imported.
    let back = try await ModelImport(from: ModelFile.open(out))
    #expect(back.graph.variables.count == 13)
    #expect(report.contentDigest.hex == (try store.checkpoint(named: "initial")).contentDigest)
  }

  @Test func `damaged bytes are mended by the file`() async throws {
    _ = try await run(["a": [UInt8](repeating: 7, count: 4000)])
    let path = folder.path("s.db")
    var bytes = try Data(contentsOf: URL(filePath: path))
    let place = try #require(bytes.range(of: Data(repeating: 7, count: 4000)))
    bytes[place.lowerBound + 17] = 8
    try bytes.write(to: URL(filePath: path))
    #expect(try !CheckpointStore(path: path, for: .read).verify().isIntact)
    let model = try await ModelImport(
      from: ModelFile.open(write(["a": [UInt8](repeating: 7, count: 4000)])))
    let again = try CheckpointStore(path: path)
    #expect(try await model.store(in: again, policy: .replace).count(of: .replaced) == 1)
    #expect(try CheckpointStore(path: path, for: .read).verify().isIntact)
  }
}
