import Foundation
import Nascent
import TestSupport
import Testing

/// Two stores are compared from the top of their trees down.
struct CheckpointDifferenceTests {
  private let folder: TemporaryFolder
  private let left: CheckpointStore
  private let right: CheckpointStore
  /// Six chunks, the last one short.
  private static let count = 1_400_000

  init() async throws {
    folder = try TemporaryFolder()
    left = try CheckpointStore(path: folder.path("left.db"))
    right = try CheckpointStore(path: folder.path("right.db"))
  }

  private func graph(_ seed: Int64 = 1) throws -> VariableGraph {
    var graph = VariableGraph()
    try graph.declare("large", shape: [Self.count], initializer: .uniform(seed: seed))
    try graph.declare("small", shape: [5], initializer: .normal(seed: 1))
    try graph.tie("second", to: "small")
    return graph
  }

  /// Saves the values of the graph, of which one element is another, as a checkpoint.
  private func save(_ store: CheckpointStore, changing element: Int? = nil) async throws {
    let runtime = Runtime(graph: try graph())
    if let element {
      try await runtime.update("large", as: Float.self) { $0[element] += 1 }
    }
    try await store.save(runtime, step: 1, name: "initial")
  }

  private func file(_ store: CheckpointStore) -> StoreFile { StoreFile(path: store.path) }

  private func opened(_ store: CheckpointStore) throws -> CheckpointStore {
    try CheckpointStore(path: store.path, for: .read)
  }

  @Test func `of equal stores nothing is read`() async throws {
    try await save(left)
    try await save(right)
    let (left, right) = (try opened(left), try opened(right))
    #expect(try left.differences(from: right).isEmpty)
    #expect(left.readByteCount == 0 && right.readByteCount == 0)
  }

  @Test(arguments: [0, 262_143, 262_144, 900_000, 1_399_999])
  func `of a large tensor that differs in a byte one chunk of each store is read`(
    element: Int
  ) async throws {
    try await save(left)
    try await save(right, changing: element)
    let (left, right) = (try opened(left), try opened(right))
    let differences = try left.differences(from: right)
    #expect(differences.map(\.name) == ["large"])
    #expect(differences.first?.firstElement == element)
    let value = try await Runtime(graph: graph()).slice(of: "large", element..<element + 1)
      .array(of: Float.self)[0]
    #expect(differences.first?.reason == "element \(element) is \(value) and \(value + 1)")
    let chunk = Chunking.range(ofChunk: element * 4 / Chunking.chunkByteCount, in: Self.count * 4)
    #expect(left.readByteCount == chunk.count && right.readByteCount == chunk.count)
    print("diff: \(left.readByteCount) of \(Self.count * 4) bytes of each store read")
  }

  @Test func `shapes, dtypes, aliases and missing variables are named`() async throws {
    var other = VariableGraph()
    try other.declare("large", shape: [2, 700_000], initializer: .uniform(seed: 1))
    try other.declare("small", shape: [5], dtype: .float64, initializer: .normal(seed: 1))
    try other.declare("second", shape: [5], initializer: .zeros)
    try other.declare("more", shape: [1], initializer: .zeros)
    _ = try await Runtime(graph: graph(), store: left).materialize()
    _ = try await Runtime(graph: other, store: right).materialize()
    let differences = try left.differences(from: right)
    #expect(
      Dictionary(uniqueKeysWithValues: differences.map { ($0.name, $0.reason) }) == [
        "large": "shapes are [1400000] and [2, 700000]",
        "small": "dtypes are float32 and float64",
        "second": "alias of small and a variable", "more": "only in \(right.path)",
      ])
  }

  @Test func `a recipe is compared with bytes, and its part made that differs`() async throws {
    _ = try await Runtime(graph: graph(), store: left).materialize()
    _ = try await Runtime(graph: graph(), store: right).materialize(isRecipe: true)
    #expect(try await left.differences(from: right, registry: .standard).isEmpty)
    #expect(left.readByteCount == 0)
    let other = try CheckpointStore(path: folder.path("other.db"))
    _ = try await Runtime(graph: graph(2), store: other).materialize(isRecipe: true)
    let told = try left.differences(from: other)
    #expect(told.map(\.reason) == ["digests of elements 0..<1400000 differ"])
    let values = try await [1, 2].asyncMap { seed in
      try await Runtime(graph: graph(seed)).slice(of: "large", 0..<1).array(of: Float.self)[0]
    }
    for store in [left, right] {
      let found = try await store.differences(from: other, registry: .standard)
      #expect(found.map(\.reason) == ["element 0 is \(values[0]) and \(values[1])"])
      #expect(found.map(\.firstElement) == [0])
    }
    #expect(left.readByteCount == 1 << 20)
  }

  @Test(arguments: [
    "UPDATE payload SET root = randomblob(32)",
    "UPDATE payload SET root = randomblob(32) WHERE byte_count > 1000",
    "UPDATE payload SET root = NULL", "DELETE FROM payload",
    "UPDATE checkpoint SET content_digest = randomblob(32)",
    "UPDATE chunk SET sha256 = randomblob(32) WHERE number = 1",
    "DELETE FROM chunk WHERE number = 5", "UPDATE chunk SET number = number + 100",
    "UPDATE chunk SET block_id = NULL", "UPDATE chunk SET block_offset = 1 WHERE number = 3",
    "DELETE FROM block",
  ])
  func `a damaged store is said to be damaged, or answered rightly`(sql: String) async throws {
    try await save(left)
    try await save(right, changing: 900_000)
    try file(right).change(sql)
    for (first, second) in [(left, right), (right, left)] {
      do {
        let found = try opened(first).differences(from: opened(second))
        #expect(found.map(\.firstElement) == [900_000], "\(sql)")
      } catch let error as CheckpointError {
        #expect(error.code == .damaged, "\(sql): \(error)")
      }
    }
  }

  @Test func `a damaged chunk that is compared is named, and another one does not matter`()
    async throws
  {
    try await save(left)
    try await save(right, changing: 900_000)
    try file(right).flip(byte: 40, ofChunk: 0, of: "large")
    #expect(try opened(left).differences(from: opened(right)).map(\.firstElement) == [900_000])
    try file(right).flip(byte: 40, ofChunk: 3, of: "large")
    #expect {
      try opened(left).differences(from: opened(right))
    } throws: {
      ($0 as? CheckpointError)?.code == .damaged
        && "\($0)".contains("chunk 3 of variable \"large\"")
    }
  }

  @Test func `a content digest that is not that of the variables is said`() async throws {
    try await save(left)
    let other = String(repeating: "cd", count: 32)
    try file(left).change("UPDATE checkpoint SET content_digest = x'\(other)'")
    #expect(try opened(left).verify().isIntact == false)
    #expect {
      try opened(left).differences(from: opened(left))
    } throws: {
      "\($0)" == """
        Checkpoint "initial" is damaged: the digests of its values do not have its content digest.
        Restore the file from a copy, or materialize the graph into a new store; `nascent verify` lists \
        all that is wrong.
        """
    }
  }
}

extension Array {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows
    -> [Value]
  {
    var found: [Value] = []
    for element in self { found.append(try await body(element)) }
    return found
  }
}
