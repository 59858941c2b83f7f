import Foundation
import Nascent
import TestSupport
import Testing

/// Names are bytes, in graphs, files and stores: "é" is one name as one character, and another as a letter and
/// an accent.
struct NameFormTests {
  private static let composed = "caf\u{E9}"
  private static let decomposed = "cafe\u{301}"
  private let folder: TemporaryFolder
  private let names = [composed, decomposed]

  init() throws { folder = try TemporaryFolder() }

  private func bytes(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

  private func graph(_ names: [String] = [composed, decomposed]) throws -> VariableGraph {
    var graph = VariableGraph(seed: 1)
    for name in names {
      try graph.declare(name, shape: [name.utf8.count], initializer: .glorotUniform())
    }
    return graph
  }

  private func source() throws -> MemoryTensors {
    try MemoryTensors([(name: Self.composed, bytes: [1]), (name: Self.decomposed, bytes: [2, 3])])
  }

  private func file(_ name: String) throws -> String {
    let path = folder.path(name)
    _ = try ModelFile.write(source(), to: path)
    return path
  }

  @Test func `a graph declares both, and tells them apart`() throws {
    let graph = try graph()
    #expect(graph[Self.composed]?.shape.dimensions == [5])
    #expect(graph[Self.decomposed]?.shape.dimensions == [6])
    #expect(
      graph.variables(matching: [GlobPattern(exactly: Self.decomposed)]).map(\.shape.dimensions)
        == [[6]])
    #expect(graph.variables(matching: [GlobPattern("caf\u{E9}")]).map(\.shape.dimensions) == [[5]])
    #expect(throws: GraphError.self) {
      try self.graph([Self.composed]).variable(named: Self.decomposed)
    }
  }

  @Test func `both have values of their own, and the fingerprint is in the order of bytes`()
    async throws
  {
    let graph = try graph()
    let fingerprints = graph.fingerprints().map(\.fingerprint)
    #expect(fingerprints[0] != fingerprints[1])
    #expect(graph.fingerprint() == (try self.graph(names.reversed()).fingerprint()))
    // "cafe\u{301}" comes first: "e" is a smaller byte than those of U+00E9.
    var fields: [UInt8] = []
    func add(_ field: String) {
      fields += (0..<8).map { UInt8(truncatingIfNeeded: field.utf8.count >> (8 * $0)) } + field.utf8
    }
    add("nascent.graph/1")
    for (name, fingerprint) in zip(names, fingerprints).reversed() {
      add(name)
      add(fingerprint.hex)
    }
    #expect(graph.fingerprint() == Digest(of: fields))
    let runtime = Runtime(graph: graph)
    _ = try await runtime.materialize()
    #expect(try await runtime.value(of: Self.composed).shape.dimensions == [5])
    #expect(try await runtime.value(of: Self.decomposed).shape.dimensions == [6])
    #expect(await runtime.fillCounts == ["caf\u{E9}": 1, "cafe\u{301}": 1])
  }

  @Test func `an expression and an alias mean the one that they name`() async throws {
    var graph = try graph()
    try graph.declare("of one", as: .value(Self.composed).scaled(by: 2))
    try graph.declare(
      "of both", as: .concatenate([.value(Self.composed), .value(Self.decomposed)]))
    try graph.tie("second", to: Self.decomposed)
    #expect(graph["of one"]?.shape.dimensions == [5])
    #expect(graph["of both"]?.shape.dimensions == [11])
    #expect(graph["second"]?.shape.dimensions == [6])
    #expect(TensorExpression.value(Self.composed) != .value(Self.decomposed))
    let runtime = Runtime(graph: graph)
    let both = try await runtime.value(of: "of both").array(of: Float.self)
    let parts = [
      try await runtime.value(of: Self.composed), try await runtime.value(of: Self.decomposed),
    ]
    #expect(try both == parts.flatMap { try $0.array(of: Float.self) })
  }

  @Test func `a manifest names both`() throws {
    let graph = try graph()
    let manifest = GraphManifest(registry: .standard)
    let again = try manifest.graph(from: manifest.data(from: graph))
    #expect(bytes(again.variables.map(\.name)) == bytes(names))
    #expect(again.fingerprint() == graph.fingerprint())
  }

  @Test(arguments: ["m.safetensors", "m.npz"])
  func `a file has both`(name: String) async throws {
    let path = try file(name)
    let opened = try ModelFile.open(path)
    #expect(Array(try opened.tensor(named: Self.composed).data()) == [1])
    #expect(Array(try opened.tensor(named: Self.decomposed).data()) == [2, 3])
    let model = try await ModelImport(from: opened)
    #expect(model.graph[Self.composed]?.shape.dimensions == [1])
    #expect(model.graph[Self.decomposed]?.shape.dimensions == [2])
  }

  @Test func `shards and their index have both`() throws {
    var configuration = ModelFile.Configuration()
    configuration.maximumShardByteCount = 1
    let paths = try ModelFile.write(source(), to: folder.path("m.safetensors"), configuration)
    #expect(paths.count == 3)
    let index = try SafetensorsIndex(path: folder.path("m.safetensors.index.json"))
    #expect(Set(bytes(index.entries.map(\.name))) == Set(bytes(names)))
    #expect(Array(try index.tensor(named: Self.decomposed).data()) == [2, 3])
  }

  @Test func `a name map leads from one form and not from the other`() throws {
    let map = try FileNameMap(parsing: Data("{\"caf\u{E9}\": \"a\", \"e*\": \"b*\"}".utf8))
    #expect(
      bytes(try map.applied(to: names + ["\u{E9}x", "e\u{301}y"]))
        == bytes(["a", Self.decomposed, "\u{E9}x", "b\u{301}y"]))
    let both = try FileNameMap(
      parsing: Data("{\"caf\u{E9}\": \"a\", \"cafe\u{301}\": \"b\"}".utf8))
    #expect(try both.applied(to: names) == ["a", "b"])
    #expect(throws: ModelFileError.self) { try both.applied(to: [Self.composed]) }
  }

  @Test func `a part of a path is found by its bytes, whatever accent follows the slash`() throws {
    var graph = VariableGraph()
    #expect(throws: GraphError.self) {
      try graph.declare("a//\u{301}b", shape: [1], initializer: .zeros)
    }
    let hostile = try MemoryTensors([(name: "../\u{301}x", bytes: [1])])
    #expect(throws: ModelFileError.self) {
      try ModelFile.write(hostile, to: folder.path("x.npz"))
    }
    let index = folder.path("h.safetensors.index.json")
    try Data(#"{"weight_map": {"a": "../\u0301x.safetensors"}}"#.utf8).write(
      to: URL(filePath: index))
    #expect {
      try SafetensorsIndex(path: index)
    } throws: {
      "\($0)".contains("which is no safetensors file of its own folder")
    }
  }

  @Test
  func `a store keeps both, skips both, and verifies both`() async throws {
    let store = try CheckpointStore(path: folder.path("s.db"))
    let graph = try graph()
    let first = try await Runtime(graph: graph, store: store).materialize()
    #expect(first.count(of: .materialized) == 2)
    let second = try await Runtime(graph: graph, store: store).materialize()
    #expect(second.count(of: .skipped) == 2)
    let third = try await Runtime(graph: graph, store: store).materialize(policy: .verify)
    #expect(third.count(of: .verified) == 2)
    let report = try store.verify("initial")
    #expect(report.damages.isEmpty && report.flaws.isEmpty)
    #expect(Set(bytes(report.verified)) == Set(bytes(names)))
    #expect(try store.tensor(named: Self.composed).shape.dimensions == [5])
    #expect(try store.tensor(named: Self.decomposed).shape.dimensions == [6])
  }

  @Test(arguments: ["m.safetensors", "m.npz"])
  func `both come into a store from a file, and go out as they came in`(name: String) async throws {
    let path = try file(name)
    let store = try CheckpointStore(path: folder.path("s.db"))
    let model = try await ModelImport(from: ModelFile.open(path))
    _ = try await model.store(in: store)
    _ = try await store.export(to: folder.path("copy-\(name)"))
    #expect(
      try Data(contentsOf: URL(filePath: folder.path("copy-\(name)")))
        == Data(contentsOf: URL(filePath: path)))
  }
}
