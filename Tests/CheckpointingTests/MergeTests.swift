import Foundation
import GRDB
import Nascent
import TestSupport
import Testing

/// Parts of workers and the store that they make together.
struct MergeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.path("\(name).db") }

  /// A graph whose shares are cut inside of tensors.
  private func graph(seed: Int64 = 42) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.declare("a", shape: [1000, 1100], initializer: .normal())
    try graph.declare("empty", shape: [3, 0], initializer: .zeros)
    try graph.declare("b", shape: [700, 801], dtype: .float64, initializer: .uniform())
    try graph.declare("q", shape: [60, 40], initializer: .orthogonal())
    try graph.declare("z", shape: [900_000], initializer: .zeros)
    try graph.declare("scale", shape: [], dtype: .bfloat16, initializer: .ones)
    try graph.tie("tied", to: "a")
    return graph
  }

  private func make(
    _ name: String, share: Share? = nil, seed: Int64 = 42, isRecipe: Bool = false,
    policy: ExistingPolicy = .skip
  ) async throws -> MaterializationReport {
    let store = try CheckpointStore(path: path(name))
    return try await Runtime(graph: try graph(seed: seed), store: store)
      .materialize(share: share, policy: policy, isRecipe: isRecipe)
  }

  /// Makes all shares of a number.
  private func makeParts(
    _ count: Int, prefix: String = "part", isRecipe: Bool = false
  ) async throws -> [String] {
    var parts: [String] = []
    for index in 0..<count {
      _ = try await make(
        "\(prefix)\(index)", share: Share(index: index, of: count), isRecipe: isRecipe)
      parts.append(path("\(prefix)\(index)"))
    }
    return parts
  }

  /// Everything that the views show of the variables.
  private func shown(_ name: String) throws -> [String] {
    try CheckpointStore(path: path(name), for: .read).descriptions(in: "initial").map {
      """
      \($0.name) \($0.shape) \($0.dtype) \($0.state) \($0.byteCount) \($0.sha256 ?? "-") \
      \(String(describing: $0.mean)) \(String(describing: $0.standardDeviation)) \
      \(String(describing: $0.minimum)) \(String(describing: $0.maximum)) \($0.preview ?? "-")
      """
    }
  }

  /// Changes a file with SQL, past all constraints.
  private func change(_ name: String, _ sql: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path(name), configuration: configuration).writeWithoutTransaction {
      try $0.execute(sql: sql)
    }
  }

  private func error(_ body: () async throws -> Void) async -> CheckpointError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? CheckpointError
    }
  }

  @Test func `a store that a run has just written to takes another checkpoint's parts`()
    async throws
  {
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: [4], initializer: .normal())
    let part = try CheckpointStore(path: path("part"))
    _ = try await Runtime(graph: graph, store: part, checkpoint: "merged").materialize()
    let store = try CheckpointStore(path: path("s"))
    _ = try await Runtime(graph: graph, store: store).materialize()
    let report = try await store.merge([path("part")], checkpoint: "merged")
    #expect(report.missing.isEmpty)
    #expect(try store.checkpoints().map(\.name) == ["initial", "merged"])
  }

  @Test func `parts in any order, and twice, make the store of one machine`() async throws {
    let whole = try await make("one")
    let expected = try shown("one")
    for count in [1, 2, 3, 7, 20] {
      let parts = try await makeParts(count, prefix: "\(count)-")
      for seed in 0..<3 as Range<UInt64> {
        var random = SeededGenerator(state: seed)
        let name = "merged-\(count)-\(seed)"
        let store = try CheckpointStore(path: path(name))
        let order = (parts + parts.prefix(2)).shuffled(using: &random)
        let report = try await store.merge(order)
        #expect(report.contentDigest == whole.contentDigest, "\(count) parts, seed \(seed)")
        #expect(report.specFingerprint == whole.specFingerprint)
        #expect(report.missing.isEmpty)
        #expect(report.byteCount == (try graph()).byteCount)
        #expect(try shown(name) == expected)
        #expect(try store.verify().isIntact)
        #expect(try store.verify().verified.count == 6)
        let again = try await store.merge(parts)
        #expect(again.contentDigest == whole.contentDigest)
        #expect(again.byteCount == 0 && again.chunkCount == 0 && again.completedCount == 0)
        let run = try await Runtime(graph: try graph(), store: store).materialize()
        #expect(run.count(of: .skipped) == 6)
      }
    }
  }

  @Test func `parts one by one leave less and less missing`() async throws {
    let whole = try await make("one")
    let parts = try await makeParts(7)
    let store = try CheckpointStore(path: path("merged"))
    for (done, index) in [4, 0, 6, 2, 1, 5].enumerated() {
      let report = try await store.merge([parts[index]])
      #expect(report.contentDigest == nil)
      let made = Set([4, 0, 6, 2, 1, 5].prefix(done + 1))
      let missing = try #require(try store.missingShares(after: report))
      #expect(missing.map(\.index) == (0..<7).filter { !made.contains($0) })
      #expect(missing.allSatisfy { $0.count == 7 })
    }
    #expect(try await store.merge([parts[3]]).contentDigest == whole.contentDigest)
  }

  @Test func `recipes are merged without bytes, and have the content digest of bytes`() async throws
  {
    let whole = try await make("one")
    let parts = try await makeParts(5, isRecipe: true)
    let store = try CheckpointStore(path: path("merged"))
    let report = try await store.merge(parts.reversed())
    #expect(report.contentDigest == whole.contentDigest)
    #expect(report.byteCount == 0)
    let a = try store.variable("a", in: "initial")
    #expect(a.isRecipe && a.digest == nil && a.root != nil)
    #expect(try store.verify().isIntact)
    let made = try await store.value(of: "a")
    let one = try CheckpointStore(path: path("one"), for: .read)
    #expect(try made.isIdentical(to: one.tensor(named: "a")))
    // Run again, nothing is to do; and bytes take the place of recipes.
    let again = try await make("merged", isRecipe: true)
    #expect(again.count(of: .skipped) == 6)
    let filled = try await make("merged")
    #expect(filled.count(of: .materialized) == 6)
    #expect(filled.contentDigest == whole.contentDigest)
    #expect(try shown("merged") == shown("one"))
  }

  @Test func `a catalog refers to its parts, also when all are moved`() async throws {
    let whole = try await make("one")
    let parts = try await makeParts(4)
    let report = try await CheckpointStore(path: path("catalog")).merge(parts, asCatalog: true)
    #expect(report.contentDigest == whole.contentDigest)
    #expect(report.byteCount == 0)
    let moved = folder.url.appending(path: "moved")
    try FileManager.default.createDirectory(at: moved, withIntermediateDirectories: false)
    for name in ["catalog", "part0", "part1", "part2", "part3"] {
      try FileManager.default.moveItem(
        atPath: path(name), toPath: moved.appending(path: "\(name).db").path)
    }
    let catalog = try CheckpointStore(path: moved.appending(path: "catalog.db").path, for: .read)
    let one = try CheckpointStore(path: path("one"), for: .read)
    for name in ["a", "b", "q", "z", "scale", "empty", "tied"] {
      let tensor = try catalog.tensor(named: name)
      #expect(try tensor.isIdentical(to: one.tensor(named: name)), "\(name)")
    }
    #expect(try catalog.verify().verified.count == 6)
    #expect(try catalog.differences(from: one).isEmpty)
  }

  @Test func `a catalog whose part changed or is gone says which`() async throws {
    let parts = try await makeParts(3)
    _ = try await CheckpointStore(path: path("catalog")).merge(parts, asCatalog: true)
    try change("part1", "UPDATE block SET bytes = zeroblob(length(bytes))")
    let catalog = try CheckpointStore(path: path("catalog"), for: .read)
    let damages = try catalog.verify().damages
    #expect(!damages.isEmpty)
    #expect(damages.allSatisfy { $0.file?.hasSuffix("part1.db") == true })
    #expect(damages.allSatisfy { $0.description.contains("part1.db") })
    try FileManager.default.removeItem(atPath: path("part1"))
    let lost = await error { _ = try CheckpointStore(path: path("catalog"), for: .read).verify() }
    #expect(lost?.code == .lostPart)
    #expect(
      lost?.message.hasSuffix("Put the file back where it was, or merge the parts again.") == true)
    let refused = await error {
      _ = try await CheckpointStore(path: path("outer")).merge([path("catalog")], asCatalog: true)
    }
    #expect(refused?.code == .mixedParts)
  }

  @Test func `parts that differ where they overlap are refused by name`() async throws {
    let parts = try await makeParts(3)
    _ = try await make("one")
    try StoreFile(path: path("part1")).changeSealed(
      """
      UPDATE chunk SET sha256 = zeroblob(32)
      WHERE payload_id = (SELECT payload_id FROM partial LIMIT 1)
        AND number = (SELECT min(number) FROM chunk
          WHERE payload_id = (SELECT payload_id FROM partial LIMIT 1))
      """)
    for others in [[path("one")], [parts[0], path("one")]] {
      let store = try CheckpointStore(path: path("merged\(others.count)"))
      _ = try await store.merge(others)
      let overlap = await error { _ = try await store.merge([parts[1]]) }
      #expect(overlap?.code == .overlap)
      #expect(overlap?.message.contains("part1.db\" has another value for chunk") == true)
      #expect(try store.verify().isIntact)
    }
    // Whole values that differ.
    let part = StoreFile(path: path("part2"))
    let isOther = "WHERE root IS NOT NULL AND byte_count BETWEEN 1 AND 262144"
    let payload = try part.number("SELECT min(id) FROM payload \(isOther)")
    let byteCount = try part.number("SELECT byte_count FROM payload WHERE id = \(payload)")
    let root = DigestTree(chunks: [try #require(Digest(bytes: Array(repeating: 0, count: 32)))])
      .root(byteCount: byteCount)
    try part.changeSealed(
      """
      UPDATE chunk SET sha256 = zeroblob(32) WHERE payload_id = \(payload);
      UPDATE payload SET root = x'\(root.hex)' WHERE id = \(payload)
      """)
    let store = try CheckpointStore(path: path("merged"))
    _ = try await store.merge([path("one")])
    let overlap = await error { _ = try await store.merge([parts[2]]) }
    #expect(overlap?.code == .overlap)
    #expect(overlap?.message.contains("part2.db\" has another value for variable \"") == true)
  }

  @Test func `a part of another graph, without the checkpoint, or damaged is refused`() async throws
  {
    let parts = try await makeParts(3)
    _ = try await make("other", seed: 43)
    let store = try CheckpointStore(path: path("merged"))
    _ = try await store.merge([parts[0]])
    let other = await error { _ = try await store.merge([path("other")]) }
    #expect(other?.code == .otherGraph)
    #expect(other?.message.contains("other.db\" is of another graph") == true)
    let unknown = await error { _ = try await store.merge([parts[1]], checkpoint: "none") }
    #expect(unknown?.code == .unknownCheckpoint)
    try change("part1", "UPDATE block SET bytes = zeroblob(length(bytes))")
    let damaged = await error { _ = try await store.merge([parts[1]]) }
    #expect(damaged?.code == .damaged)
    #expect(damaged?.message.hasPrefix("Part \"\(parts[1])\" is damaged: chunk ") == true)
    // Made again, the part fits, and nothing wrong was taken.
    _ = try await make("part1", share: Share(index: 1, of: 3), policy: .replace)
    let report = try await store.merge(parts)
    #expect(try await report.contentDigest == make("one").contentDigest)
  }

  @Test func `what parts have written before one that is refused stays`() async throws {
    let parts = try await makeParts(3)
    _ = try await make("other", seed: 43)
    for refused in [path("other"), path("none")] {
      let store = try CheckpointStore(path: path("merged-\(refused.count)"))
      let found = await error {
        _ = try await store.merge([parts[0], parts[2], refused, parts[1]])
      }
      #expect(found != nil)
      // Another connection sees what is on the disk.
      let file = StoreFile(path: path("merged-\(refused.count)"))
      #expect(try file.number("SELECT count(*) FROM shares") == 2)
      #expect(try file.number("SELECT count(*) FROM variables WHERE state = 'materialized'") > 0)
      let rest = try await store.merge([parts[1]])
      #expect(rest.missing.isEmpty)
      #expect(try store.verify().isIntact)
    }
  }

  @Test func `bytes and digests of one value are not mixed`() async throws {
    let parts = try await makeParts(3)
    _ = try await make("recipe", share: Share(index: 1, of: 3), isRecipe: true)
    let store = try CheckpointStore(path: path("merged"))
    _ = try await store.merge([parts[0]])
    let mixed = await error { _ = try await store.merge([path("recipe")]) }
    #expect(mixed?.code == .mixedParts)
    #expect(mixed?.message.contains("has digests of chunks of variable \"a\"") == true)
  }

  @Test func `a share that was killed resumes with what is missing, and skips what is there`()
    async throws
  {
    let share = try #require(Share(index: 0, of: 2))
    let first = try await make("part", share: share)
    let cut = try #require(first.outcomes.last)
    #expect(cut.reason.contains(": chunks 0 to "))
    #expect(try await make("part", share: share).count(of: .skipped) == first.outcomes.count)
    #expect(
      try CheckpointStore(path: path("part")).descriptions(in: "initial")
        .first { $0.name == cut.name }?.state == "partial")
    try StoreFile(path: path("part")).changeSealed(
      """
      DELETE FROM chunk WHERE number = 1 AND payload_id IN (SELECT payload_id FROM partial)
      """)
    let resumed = try await make("part", share: share)
    #expect(resumed.count(of: .skipped) == first.outcomes.count - 1)
    #expect(resumed.outcomes.last?.reason.hasPrefix("not made yet: chunks 1 to 1 of ") == true)
    #expect(resumed.bytesWritten == 1 << 20)
    // The other share in the same file completes it, as does a run of everything.
    let whole = try await make("one")
    let other = try await make("part", share: Share(index: 1, of: 2))
    #expect(other.contentDigest == whole.contentDigest)
    #expect(try shown("part") == shown("one"))
    _ = try await make("half", share: share)
    #expect(try await make("half").contentDigest == whole.contentDigest)
    #expect(try shown("half") == shown("one"))
    #expect(try CheckpointStore(path: path("half")).verify().isIntact)
  }

  @Test func `chunks of another declaration are dropped`() async throws {
    let share = try #require(Share(index: 0, of: 2))
    _ = try await make("part", share: share)
    let other = try await make("part", share: share, seed: 43)
    #expect(other.outcomes.last?.reason.hasPrefix("declared before") == true)
    _ = try await make("right", share: Share(index: 1, of: 2), seed: 43)
    _ = try await make("one", seed: 43)
    let store = try CheckpointStore(path: path("merged"))
    _ = try await store.merge([path("part"), path("right")])
    #expect(try shown("merged") == shown("one"))
  }

  /// A part that was saved at a step.
  private func save(
    _ name: String, step: Int = 7, metrics: [String: Double] = ["loss": 0.5],
    metadata: JSONValue = ["note": "x"]
  ) async throws {
    let runtime = Runtime(graph: try graph())
    try await CheckpointStore(path: path(name)).save(
      runtime, step: step, name: "trained", metrics: metrics, metadata: metadata)
  }

  @Test func `a merge keeps step, metrics and metadata of a training checkpoint`() async throws {
    try await save("first")
    try await save("second", metrics: ["accuracy": 0.75])
    let store = try CheckpointStore(path: path("merged"))
    _ = try await store.merge([path("first"), path("second")], checkpoint: "trained")
    let saved = try store.savedCheckpoint(at: .exactly(7))
    #expect(saved.metrics == ["loss": 0.5, "accuracy": 0.75])
    #expect(saved.metadata == ["note": "x"] && saved.name == "trained")
    try await save("otherStep", step: 8)
    try await save("otherLoss", metrics: ["loss": 0.25])
    try await save("otherNote", metadata: ["note": "y"])
    for (name, what) in [
      ("otherStep", "the step of checkpoint \"trained\": it says 8, expected 7."),
      ("otherLoss", "the metric \"loss\" of checkpoint \"trained\": it says 0.25, expected 0.5."),
      ("otherNote", "the metadata of checkpoint \"trained\": it says {\"note\":\"y\"}, expected"),
    ] {
      let refused = await error { _ = try await store.merge([path(name)], checkpoint: "trained") }
      #expect(refused?.code == .otherTraining)
      #expect(refused?.message.contains(what) == true, "\(refused?.message ?? "none")")
    }
    #expect(try store.savedCheckpoint(at: .exactly(7)) == saved)
  }

  @Test(arguments: [
    "UPDATE variable SET shape = '[1100,1000]' WHERE name = 'a'",
    "UPDATE checkpoint SET seed = 43",
    """
    UPDATE variable SET payload_id = (SELECT payload_id FROM variable WHERE name = 'a')
    WHERE name = 'z'
    """,
    """
    UPDATE payload SET root = zeroblob(32)
    WHERE id = (SELECT payload_id FROM variable WHERE name = 'q')
    """,
    """
    UPDATE chunk SET sha256 = zeroblob(32)
    WHERE payload_id = (SELECT payload_id FROM variable WHERE name = 'q')
    """,
  ])
  func `a part with damaged rows is refused, and a damaged store is not sealed again`(
    sql: String
  ) async throws {
    _ = try await make("part")
    try change("part", sql)
    for isCatalog in [false, true] {
      let store = try CheckpointStore(path: path("merged-\(isCatalog)"))
      let refused = await error { _ = try await store.merge([path("part")], asCatalog: isCatalog) }
      #expect(refused?.code == .damaged || refused?.code == .notAStore, "\(sql)")
      #expect(try store.checkpoints().isEmpty)
    }
    let own = try CheckpointStore(path: path("part"))
    let before = try? own.verify()
    _ = await error { _ = try await own.merge([path("part")]) }
    if let before {
      #expect(!before.isIntact)
      #expect(try own.verify().flaws == before.flaws)
    }
  }

  @Test func `damage in a part is found and made again`() async throws {
    let share = try #require(Share(index: 0, of: 2))
    _ = try await make("part", share: share)
    try change(
      "part",
      """
      UPDATE block SET bytes = zeroblob(length(bytes))
      WHERE id = (SELECT block_id FROM chunk
        WHERE payload_id IN (SELECT payload_id FROM partial) AND number = 0)
      """)
    let damages = try CheckpointStore(path: path("part"), for: .read).verify().damages
    #expect(damages.map(\.chunk) == [0])
    _ = try await make("part", share: share, policy: .replace)
    #expect(try CheckpointStore(path: path("part"), for: .read).verify().isIntact)
  }
}
