import Foundation
import GRDB
import Nascent
import TestSupport
import Testing

/// A checkpoint can refer to bytes in model files, which are read and proved where they lie.
struct ReferencedFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("s.db") }
  private var file: StoreFile { StoreFile(path: path) }

  init() throws { folder = try TemporaryFolder() }

  private func open() throws -> CheckpointStore { try CheckpointStore(path: path, for: .read) }

  /// A model file of a value of several chunks, a small one and an empty one.
  private func model(_ name: String) async throws -> String {
    var graph = VariableGraph(seed: 3)
    try graph.declare("large", shape: [600_000], initializer: .normal())
    if !name.hasSuffix("npy") {
      try graph.declare("small", shape: [5], dtype: .float16, initializer: .uniform())
      try graph.declare("empty", shape: [0, 4], initializer: .zeros)
    }
    let store = try CheckpointStore(path: folder.path("source.db"))
    _ = try await Runtime(graph: graph, store: store, checkpoint: name).materialize()
    _ = try await store.export(name, to: folder.path(name))
    return folder.path(name)
  }

  private func refer(to path: String, policy: ExistingPolicy = .skip) async throws
    -> MaterializationReport
  {
    try await ModelImport(from: ModelFile.open(path))
      .store(in: CheckpointStore(path: self.path), policy: policy, byReference: true)
  }

  private func code(_ body: () throws -> Void) -> CheckpointError.Code? {
    do {
      try body()
    } catch {
      return (error as? CheckpointError)?.code
    }
    return nil
  }

  @Test(arguments: ["m.safetensors", "large.npy", "m.npz"])
  func `no bytes are copied, and all values are those of the file`(name: String) async throws {
    let model = try await model(name)
    let report = try await refer(to: model)
    #expect(report.bytesWritten == 0)
    #expect(try file.number("SELECT count(*) FROM block") == 0)
    let source = try ModelFile.open(model)
    let store = try open()
    for entry in source.entries {
      #expect(
        try store.tensor(named: entry.name).isIdentical(to: source.tensor(named: entry.name)))
    }
    let slice = try store.slice(of: "large", elements: 300_000..<300_007)
    #expect(
      slice.isIdentical(to: try store.tensor(named: "large").slice(elements: 300_000..<300_007)))
    #expect(try store.verify().isIntact)
    _ = try await store.export(to: folder.path("copy-\(name)"))
    #expect(
      try Data(contentsOf: URL(filePath: folder.path("copy-\(name)")))
        == Data(contentsOf: URL(filePath: model)))
    // The same again is there.
    #expect(try await refer(to: model).count(of: .skipped) == source.entries.count)
  }

  @Test func `a file that was changed is named, and what is not of the change is read`()
    async throws
  {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    let source = try SafetensorsFile(path: model)
    let changed = "large"
    let index = try #require(source.entries.firstIndex { $0.name == changed })
    let location = try #require(source.location(of: index))
    var bytes = try Data(contentsOf: URL(filePath: model))
    bytes[location.offset + 1_500_000] ^= 1
    try bytes.write(to: URL(filePath: model))
    let store = try open()
    #expect(code { _ = try store.tensor(named: changed) } == .damaged)
    let damages = try store.verify().damages
    #expect(damages.map(\.variable) == [changed] && damages.map(\.part) == [.chunk(1)])
    #expect(damages[0].file?.hasSuffix("/m.safetensors") == true)
    #expect(damages[0].description.contains("m.safetensors"))
    #expect(try store.tensor(named: "small").shape.dimensions == [5])
    // Elements that lie in chunks which are as they were.
    #expect(try store.slice(of: changed, elements: 0..<4).byteCount == 16)
  }

  @Test func `a file that is shorter, gone or no file is named`() async throws {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    let bytes = try Data(contentsOf: URL(filePath: model))
    try bytes.prefix(bytes.count - 100_000).write(to: URL(filePath: model))
    #expect(code { _ = try open().tensor(named: "large") } == .damaged)
    try FileManager.default.removeItem(atPath: model)
    #expect {
      try open().tensor(named: "large")
    } throws: {
      ($0 as? CheckpointError)?.code == .lostPart && "\($0)".contains("m.safetensors\"")
        && "\($0)".contains(
          "Put the file back where it was, or import it again and replace what is there.")
    }
    #expect(code { _ = try open().verify() } == .lostPart)
    try FileManager.default.createDirectory(atPath: model, withIntermediateDirectories: false)
    #expect(code { _ = try open().tensor(named: "large") } == .lostPart)
  }

  @Test func `store and file are moved together`() async throws {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    let other = folder.path("other")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
    for name in ["s.db", "m.safetensors"] {
      try FileManager.default.moveItem(atPath: folder.path(name), toPath: "\(other)/\(name)")
    }
    #expect(try CheckpointStore(path: "\(other)/s.db", for: .read).verify().isIntact)
  }

  @Test func `replace copies the bytes, and the file may go`() async throws {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    let copied = try await ModelImport(from: ModelFile.open(model))
      .store(in: CheckpointStore(path: path), policy: .replace)
    #expect(copied.count(of: .replaced) == 3)
    try FileManager.default.removeItem(atPath: model)
    #expect(try open().verify().isIntact)
    #expect(try file.number("SELECT count(*) FROM outer_block") == 0)
  }

  @Test func `a value that is made is not left in a file that has the same bytes`() async throws {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    var graph = VariableGraph(seed: 3)
    try graph.declare("large", shape: [600_000], initializer: .normal())
    let store = try CheckpointStore(path: path)
    _ = try await Runtime(graph: graph, store: store, checkpoint: "made").materialize()
    try FileManager.default.removeItem(atPath: model)
    #expect(try store.verify("made").isIntact)
  }

  @Test func `a merge copies the bytes, and a catalog of such stores is refused`() async throws {
    let model = try await model("m.safetensors")
    _ = try await refer(to: model)
    let merged = try CheckpointStore(path: folder.path("merged.db"))
    _ = try await merged.merge([path])
    await #expect {
      try await CheckpointStore(path: folder.path("catalog.db")).merge([path], asCatalog: true)
    } throws: {
      ($0 as? CheckpointError)?.code == .mixedParts
    }
    try FileManager.default.removeItem(atPath: model)
    #expect(try merged.verify().isIntact)
  }

  @Test func `what does not lie in a file as it is cannot be referred to`() async throws {
    // Big-endian, as `numpy.save` writes an array of `>f4`.
    let header = "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }"
    let padded = header.padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0])
    data += Data(padded.utf8) + Data(count: 12)
    let model = folder.path("x.npy")
    try data.write(to: URL(filePath: model))
    await #expect {
      try await refer(to: model)
    } throws: {
      ($0 as? ModelImportError)?.code == .notReferable
        && "\($0)".hasPrefix("Cannot refer to the bytes of variable \"x\"")
    }
    #expect(try CheckpointStore(path: path).checkpoints().isEmpty)
  }

  private static let large = "WHERE id = (SELECT block_id FROM chunk WHERE number = 1)"

  @Test(arguments: [
    "UPDATE outer_block SET file_offset = 9223372036854775807 \(large)",
    "UPDATE outer_block SET file_offset = 0 \(large)",
    "UPDATE outer_block SET file_offset = NULL, block_id = 1 \(large)",
    "UPDATE chunk SET block_offset = 9223372036854775807",
    "UPDATE chunk SET block_offset = 1", "UPDATE chunk SET block_id = -77",
    "DELETE FROM outer_block", "DELETE FROM part", "UPDATE part SET path = 's.db'",
    "UPDATE part SET path = ''",
  ])
  func `rows that lead elsewhere are found`(sql: String) async throws {
    _ = try await refer(to: model("m.safetensors"))
    try file.change(sql)
    let found = code { _ = try open().tensor(named: "large") }
    #expect(found == .damaged || found == .lostPart)
    var isVerified = false
    let refusal = code { isVerified = try open().verify().isIntact }
    #expect(!isVerified && (refusal == nil || refusal == .lostPart || refusal == .damaged))
  }

  @Test func `what refers to a file goes with its checkpoint`() async throws {
    _ = try await refer(to: model("m.safetensors"))
    let store = try CheckpointStore(path: path)
    try await store.removeCheckpoint(named: "initial")
    #expect(try file.number("SELECT count(*) FROM outer_block") == 0)
  }
}
