import Foundation
import Nascent
import TestSupport
import Testing

/// Values of a store as model files.
struct ExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func stored(_ graph: VariableGraph, in name: String = "s.db") async throws
    -> CheckpointStore
  {
    let store = try CheckpointStore(path: folder.path(name))
    _ = try await Runtime(graph: graph, store: store).materialize()
    return store
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test(arguments: ["safetensors", "npz"])
  func `every value comes out as it is stored`(format: String) async throws {
    let store = try await stored(Models.mixed())
    let path = folder.path("m.\(format)")
    let report = try await store.export(to: path)
    #expect(report.files == [path])
    #expect(report.unwrittenAliases == (format == "npz" ? ["head"] : []))
    let file = try ModelFile.open(path)
    let variables = try store.variables(in: "initial").filter { $0.aliasOf == nil }
    #expect(file.entries.count == variables.count)
    for variable in variables {
      let tensor = try file.tensor(named: variable.name)
      #expect(tensor.isIdentical(to: try store.tensor(named: variable.name)), "\(variable.name)")
    }
  }

  @Test func `stores that were filled in another order by other means make one file`() async throws
  {
    let graph = try Models.mixed()
    let first = try await stored(graph)
    let store = try CheckpointStore(path: folder.path("other.db"))
    var reversed = VariableGraph(seed: graph.seed)
    for variable in graph.variables.reversed() {
      try Models.declare(variable, variable.initializer, in: &reversed)
    }
    for alias in graph.aliases { try reversed.tie(alias.name, to: alias.target) }
    let runtime = Runtime(
      graph: reversed, store: store,
      configuration: RuntimeConfiguration(jobCount: 1, memoryByteCount: 1 << 20))
    _ = try await runtime.materialize(matching: ["*half", "*flag"])
    _ = try await runtime.materialize()
    for format in ["safetensors", "npz"] {
      let paths = [folder.path("a.\(format)"), folder.path("b.\(format)")]
      _ = try await first.export(to: paths[0])
      _ = try await store.export(to: paths[1])
      #expect(try bytes(paths[0]) == bytes(paths[1]), "\(format)")
    }
  }

  @Test func `the metadata say where the values come from`() async throws {
    let store = try await stored(Models.mixed())
    let path = folder.path("m.safetensors")
    let report = try await store.export(to: path, tool: "test 1")
    let summary = try store.checkpoint(named: "initial")
    #expect(report.contentDigest.hex == summary.contentDigest)
    #expect(
      try SafetensorsFile(path: path).metadata == [
        MetadataPair("checkpoint", "initial"),
        MetadataPair("content_digest", try #require(summary.contentDigest)),
        MetadataPair("dialect", "tensorflow"), MetadataPair("format", "pt"),
        MetadataPair("format_version", "nascent.safetensors/2"),
        MetadataPair("head", "mixed/normal"), MetadataPair("seed", "42"),
        MetadataPair("spec_fingerprint", summary.specFingerprint), MetadataPair("tool", "test 1"),
      ])
  }

  @Test func `patterns select variables, an alias its own`() async throws {
    let store = try await stored(Models.mixed())
    let path = folder.path("m.npz")
    let report = try await store.export(to: path, matching: ["*/bias", "head"])
    #expect(Set(report.tensors.map(\.name)) == ["mixed/bias", "mixed/normal"])
    #expect(try ModelFile.open(path).entries.map(\.name) == ["mixed/bias", "mixed/normal"])
  }

  @Test func `names are those of the map, and the content digest is theirs`() async throws {
    let store = try await stored(Models.mixed())
    let path = folder.path("m.safetensors")
    let map = try FileNameMap(parsing: Data(#"{"mixed/*": "model.*", "head": "lm_head"}"#.utf8))
    let report = try await store.export(to: path, nameMap: map)
    let file = try SafetensorsFile(path: path)
    #expect(file.entries.allSatisfy { $0.name.hasPrefix("model.") })
    #expect(file.metadata?.contains(MetadataPair("lm_head", "model.normal")) == true)
    let reader = PartReader(file)
    let digest = try Fingerprint.content(
      file.entries.indices.map {
        let entry = file.entries[$0]
        return (
          entry.name, entry.scalarType.rawValue, entry.shape.json, try reader.digest(of: $0).root
        )
      })
    #expect(digest == report.contentDigest)
    #expect(digest.hex != (try store.checkpoint(named: "initial")).contentDigest)
  }

  @Test func `shards have the digest of what is in them`() async throws {
    let store = try await stored(Models.mixed())
    let path = folder.path("m.safetensors")
    let report = try await store.export(to: path, maximumShardByteCount: 3_000_000)
    #expect(report.files.count > 2)
    #expect(report.files.last == "\(path).index.json")
    for file in report.files.dropLast() {
      _ = try await ModelImport(from: ModelFile.open(file))
    }
    let whole = try await ModelImport(from: ModelFile.open(path + ".index.json"))
    #expect(whole.graph.variables.count == 12)
    #expect(whole.graph.aliases.map(\.name) == ["head"])
    let first = try #require(report.files.first)
    var data = try bytes(first)
    data[data.count - 1] ^= 1
    try data.write(to: URL(filePath: first))
    let damaged = try ModelFile.open(path + ".index.json")
    await #expect {
      try await ModelImport(from: damaged)
    } throws: {
      ($0 as? ModelImportError)?.code == .otherContent
    }
  }

  @Test func `a variable without bytes is named, and no file is written`() async throws {
    let store = try CheckpointStore(path: folder.path("s.db"))
    _ = try await Runtime(graph: try Models.mixed(), store: store).materialize(matching: ["*bias"])
    let path = folder.path("m.safetensors")
    await #expect {
      try await store.export(to: path)
    } throws: {
      "\($0)" == """
        Variable "mixed/he" of checkpoint "initial" has no stored bytes.
        Materialize it first.
        """
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `damage in the store ends the export, and the old file stays`() async throws {
    var graph = VariableGraph()
    try graph.declare("v", shape: [400_000], initializer: .normal(seed: 1))
    let store = try await stored(graph)
    let path = folder.path("m.safetensors")
    _ = try await store.export(to: path)
    let old = try bytes(path)
    let handle = try FileHandle(forUpdating: URL(filePath: store.path))
    let size = try handle.seekToEnd()
    // Somewhere among the values, which are most of the file.
    try handle.seek(toOffset: size / 2)
    try handle.write(contentsOf: Data(repeating: 0xAA, count: 64))
    try handle.close()
    let damaged = try CheckpointStore(path: store.path, for: .read)
    await #expect {
      try await damaged.export(to: path)
    } throws: {
      ($0 as? CheckpointError)?.code == .damaged
    }
    #expect(try bytes(path) == old)
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path)) == [
        "s.db", "m.safetensors",
      ])
  }
}
