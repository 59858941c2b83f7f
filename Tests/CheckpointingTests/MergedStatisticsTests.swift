import Foundation
import Nascent
import TestSupport
import Testing

/// What the views say of a merged store is what they say of one that one machine made.
struct MergedStatisticsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Uniform values that are promised to be another constant.
  private struct Liar: Initializer {
    private let base = RandomUniformInitializer(seed: 7)
    var configuration: InitializerConfiguration {
      InitializerConfiguration(className: "Liar", config: [:])
    }
    var seeding: Seeding { base.seeding }

    func promise(
      for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
    ) -> ValueDistribution? { .constant(5) }

    func fill(
      _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
    ) throws { try base.fill(&span, elements: range, of: target) }
  }

  private static let registry: InitializerRegistry = {
    var registry = InitializerRegistry.standard
    registry.register("Liar") { _ in Liar() }
    return registry
  }()

  /// Each value of several chunks is cut by seven shares.
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 42)
    try graph.declare("a", shape: [1000, 1100], initializer: .normal())
    try graph.declare("empty", shape: [3, 0], initializer: .zeros)
    try graph.declare("b", shape: [700, 801], dtype: .float64, initializer: .uniform())
    try graph.declare("q", shape: [60, 40], initializer: .orthogonal())
    try graph.declare("lie", shape: [1 << 20], initializer: Liar())
    try graph.declare("small lie", shape: [10], initializer: Liar())
    try graph.declare("z", shape: [900_000], initializer: .zeros)
    try graph.declare("scale", shape: [], dtype: .bfloat16, initializer: .ones)
    try graph.declare("sum", as: .value("a") + .value("a"))
    try graph.tie("tied", to: "a")
    return graph
  }

  private func make(
    _ name: String, share: Share? = nil, isRecipe: Bool = false
  ) async throws -> StoreFile {
    let path = folder.path("\(name).db")
    _ = try await Runtime(graph: try graph(), store: CheckpointStore(path: path))
      .materialize(share: share, isRecipe: isRecipe)
    return StoreFile(path: path)
  }

  private func makeParts(_ count: Int = 7, isRecipe: Bool = false) async throws -> [String] {
    var parts: [String] = []
    for index in 0..<count {
      parts.append(
        try await make("part-\(index)", share: Share(index: index, of: count), isRecipe: isRecipe)
          .path)
    }
    return parts
  }

  private func merge(
    _ parts: [String], into name: String = "merged", asCatalog: Bool = false
  ) async throws -> StoreFile {
    let file = StoreFile(path: folder.path("\(name).db"))
    let report = try await CheckpointStore(path: file.path).merge(
      parts, asCatalog: asCatalog, registry: Self.registry)
    #expect(report.missing.isEmpty)
    return file
  }

  @Test func `every column of every variable is that of one machine`() async throws {
    let one = try await make("one")
    let expected = try one.rows("SELECT * FROM variables")
    #expect(expected.count == 10)
    for verdict in ["fits", "deviates", "not checked"] {
      #expect(
        try one.number("SELECT count(*) FROM variables WHERE verdict = '\(verdict)'") > 0,
        "\(verdict)")
    }
    let merged = try await merge(makeParts().reversed())
    #expect(try merged.number("SELECT count(*) FROM partial") == 0)
    #expect(try merged.number("SELECT count(*) FROM chunk WHERE moments IS NOT NULL") == 0)
    #expect(try merged.rows("SELECT * FROM variables") == expected)
    // Of shares in one file, too.
    let shared = folder.path("shared.db")
    for index in [1, 2, 0] {
      _ = try await Runtime(graph: try graph(), store: CheckpointStore(path: shared))
        .materialize(share: Share(index: index, of: 3))
    }
    #expect(try StoreFile(path: shared).rows("SELECT * FROM variables") == expected)
  }

  @Test func `recipes and catalogs lack nothing but the SHA-256 of values that were cut`()
    async throws
  {
    let query = "SELECT * FROM variables WHERE name != 'tied'"
    for isRecipe in [true, false] {
      let one = try await make("one-\(isRecipe)", isRecipe: isRecipe)
      let parts = try await makeParts(isRecipe: isRecipe)
      let merged = try await merge(parts, into: "merged-\(isRecipe)", asCatalog: !isRecipe)
      #expect(
        try merged.rows(query, without: ["sha256"]) == one.rows(query, without: ["sha256"]))
      let whole = try merged.rows("\(query) AND sha256 IS NOT NULL")
      #expect(whole.count >= 4)
      #expect(try Set(one.rows(query)).isSuperset(of: whole))
      #expect(try merged.number("SELECT count(*) FROM chunk WHERE moments IS NOT NULL") == 0)
      for part in parts { try FileManager.default.removeItem(atPath: part) }
    }
  }

  @Test func `a merge of merges is the same`() async throws {
    let one = try await make("one", isRecipe: true)
    let parts = try await makeParts(isRecipe: true)
    for (name, few) in [("left", parts[..<4]), ("right", parts[4...])] {
      _ = try await CheckpointStore(path: folder.path("\(name).db")).merge(Array(few))
    }
    let merged = try await merge([folder.path("right.db"), folder.path("left.db")])
    let query = "SELECT * FROM variables"
    #expect(try merged.rows(query, without: ["sha256"]) == one.rows(query, without: ["sha256"]))
  }

  @Test func `the verdict of a value that is whole in a part is the part's`() async throws {
    for isRecipe in [false, true] {
      let part = try await make("part-\(isRecipe)", isRecipe: isRecipe)
      try part.changeSealed(
        "UPDATE variable SET verdict = 'deviates', deviation = 'x' WHERE name = 'q'")
      let merged = try await merge([part.path], into: "merged-\(isRecipe)")
      #expect(
        try merged.number(
          "SELECT count(*) FROM variables WHERE name = 'q' AND deviation = 'x'") == 1)
    }
  }

  @Test func `without the moments of a chunk a recipe has no statistics, and is whole`()
    async throws
  {
    let parts = try await makeParts(isRecipe: true)
    for file in parts {
      try StoreFile(path: file).changeSealed(
        "UPDATE chunk SET moments = zeroblob(64) WHERE number = 1")
    }
    let merged = try await merge(parts)
    #expect(
      try merged.rows(
        "SELECT mean, minimum, not_finite, skew, verdict FROM variables WHERE name = 'a'")
        == ["mean NULL, minimum NULL, not_finite NULL, skew NULL, verdict \"not checked\""])
    let store = try CheckpointStore(path: merged.path, for: .read)
    #expect(try store.checkpoint(named: "initial").contentDigest != nil)
    #expect(try store.verify().isIntact)
  }

  @Test func `a value of which some chunks are there is partial, and not initialized`()
    async throws
  {
    let part = try await make("part", share: Share(index: 0, of: 7))
    #expect(
      try part.rows("SELECT state FROM variables WHERE name IN ('a', 'b', 'tied')")
        == ["state \"partial\"", "state \"declared\"", "state \"alias\""])
    #expect(try part.number("SELECT count(*) FROM uninitialized WHERE name IN ('a', 'b')") == 2)
    #expect(
      try CheckpointStore(path: part.path, for: .read).descriptions(in: "initial")[0].state
        == "partial")
  }
}
