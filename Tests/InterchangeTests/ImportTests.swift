import Foundation
import Nascent
import TestSupport
import Testing

/// Model files as checkpoints of a store.
struct ImportTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    store = try CheckpointStore(path: folder.path("s.db"))
  }

  private func run(
    _ path: String, _ policy: ExistingPolicy = .skip, nameMap: FileNameMap = .identity
  ) async throws -> MaterializationReport {
    let model = try await ModelImport(from: ModelFile.open(path), nameMap: nameMap)
    return try await model.store(in: store, policy: policy)
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test(arguments: ["all.safetensors", "all.npz"])
  func `every dtype comes in, and goes out as it came in`(file: String) async throws {
    let path = InterchangeVector.path(file)
    let report = try await run(path)
    #expect(report.count(of: .materialized) == 17)
    for row in try InterchangeVector.load() {
      let tensor = try store.tensor(named: row.name)
      #expect(tensor.scalarType.rawValue == row.dtype)
      #expect(tensor.shape.dimensions == row.shape)
      #expect(Array(tensor.data()) == row.bytes, "\(row.name)")
    }
    let copy = folder.path(file)
    _ = try await store.export(to: copy)
    #expect(try bytes(copy) == bytes(path))
  }

  @Test func `an array by columns and with high bytes first comes in turned`() async throws {
    _ = try await run(InterchangeVector.path("big-endian-column-major.npy"))
    let tensor = try store.tensor(named: "big-endian-column-major")
    #expect(try tensor.array(of: Double.self) == (0..<30).map(Double.init))
  }

  @Test func `a large tensor streams through a small bound on memory`() async throws {
    let large = (0..<20_000_003).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    let path = folder.path("m.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "large", bytes: large)]), to: path)
    let model = try await ModelImport(from: ModelFile.open(path))
    _ = try await model.store(
      in: store, configuration: RuntimeConfiguration(memoryByteCount: 4 << 20))
    #expect(try store.tensor(named: "large").digest() == Digest(of: large))
  }

  @Test func `the graph of an imported checkpoint is known, and its values are not made`()
    async throws
  {
    _ = try await run(InterchangeVector.path("all.safetensors"))
    let graph = try store.graph()
    let cube = try graph.variable(named: "cube")
    let digest = Digest(of: try InterchangeVector.load("cube").bytes)
    #expect(cube.initializer.declaredDigest == digest)
    #expect(graph.fingerprint().hex == (try store.checkpoint(named: "initial")).specFingerprint)
    let value = try await Runtime(graph: graph, store: store).value(of: "cube")
    #expect(value.digest() == digest)
  }

  @Test func `without the store nobody can make an imported value`() async throws {
    _ = try await run(InterchangeVector.path("all.safetensors"))
    let graph = try store.graph()
    let digest = Digest(of: try InterchangeVector.load("cube").bytes)
    do {
      _ = try await Runtime(graph: graph).value(of: "cube")
      Issue.record("a value without its bytes was made")
    } catch {
      #expect(
        "\(error)" == """
          Cannot fill variable "cube": Its value was imported: tensor "cube" of a safetensors file, with \
          SHA-256 \(digest.hex); it cannot be made.
          Import the file again with `nascent import`.
          """)
    }
  }

  @Test func `regeneration compares imported values with their declared digests`() async throws {
    _ = try await run(InterchangeVector.path("all.safetensors"))
    let regeneration = Regeneration(graph: try store.graph())
    var digests = NameTable(
      byName: try store.variables(in: "initial").compactMap { variable in
        variable.valueDigest.map { (variable.name, $0) }
      })
    #expect(try await regeneration.mismatches(with: digests).isEmpty)
    let expected = try #require(digests["cube"])
    digests["cube"] = ValueDigest(sha256: Digest(of: [1] as [UInt8]), root: expected.root)
    let mismatches = try await regeneration.mismatches(with: digests)
    #expect(mismatches.map(\.name) == ["cube"])
    #expect(mismatches.map(\.found) == [expected.sha256])
  }

  @Test func `names of the file become those of the map`() async throws {
    let map = try FileNameMap(parsing: Data(#"{"layer/*": "matrix/*"}"#.utf8), isInverted: true)
    _ = try await run(InterchangeVector.path("all.safetensors"), nameMap: map)
    #expect(try store.tensor(named: "layer/int8").scalarType == .int8)
  }

  @Test func `what was exported comes in again, ties and metadata, and is the same file`()
    async throws
  {
    let origin = try CheckpointStore(path: folder.path("origin.db"))
    _ = try await Runtime(graph: try Models.mixed(), store: origin).materialize()
    let path = folder.path("m.safetensors")
    _ = try await origin.export(to: path)
    let report = try await run(path)
    #expect(report.contentDigest?.hex == (try origin.checkpoint(named: "initial")).contentDigest)
    #expect(report.count(of: .aliased) == 1)
    let again = folder.path("again.safetensors")
    _ = try await store.export(to: again)
    #expect(try bytes(again) == bytes(path))
  }

  @Test func `a file that is not what its content digest says is refused`() async throws {
    let origin = try CheckpointStore(path: folder.path("origin.db"))
    _ = try await Runtime(graph: try Models.mixed(), store: origin).materialize()
    let path = folder.path("m.safetensors")
    let report = try await origin.export(to: path)
    var data = try bytes(path)
    data[data.count - 1] ^= 1
    try data.write(to: URL(filePath: path))
    let source = try ModelFile.open(path)
    await #expect {
      try await ModelImport(from: source)
    } throws: { error in
      (error as? ModelImportError)?.code == .otherContent
        && "\(error)".hasSuffix(
          """
          , and its metadata say \(report.contentDigest.hex).
          Export it again, or load it again from where it came from.
          """)
    }
  }

  @Test func `a file that changes while it is imported is an error`() async throws {
    let path = folder.path("m.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "a", bytes: [1, 2, 3])]), to: path)
    let model = try await ModelImport(from: ModelFile.open(path))
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([4]))
    try handle.close()
    await #expect {
      try await model.store(in: store)
    } throws: {
      "\($0)" == """
        Cannot fill variable "a": "\(path)" was changed by another program while it was read.
        Read it again when that has finished.
        """
    }
  }

  @Test func `bytes that change while the system says nothing are found before they are stored`()
    async throws
  {
    let path = folder.path("m.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "a", bytes: [1, 2, 3])]), to: path)
    let time = [FileAttributeKey.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)]
    try FileManager.default.setAttributes(time, ofItemAtPath: path)
    let model = try await ModelImport(from: ModelFile.open(path))
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.seek(toOffset: try handle.seekToEnd() - 1)
    try handle.write(contentsOf: Data([4]))
    try handle.close()
    try FileManager.default.setAttributes(time, ofItemAtPath: path)
    await #expect {
      try await model.store(in: store)
    } throws: {
      "\($0)" == """
        The file was changed while it was imported.
        Variable "a" was not stored: its bytes have the SHA-256 \(Digest(of: [1, 2, 4] as [UInt8])), and its \
        declaration says \(Digest(of: [1, 2, 3] as [UInt8])).
        Read them again when nobody writes to the file that they come from.
        """
    }
    #expect(try store.variables(in: "initial").allSatisfy { !$0.hasValue })
  }

  @Test func `an imported value without its digest is no declaration`() {
    #expect {
      try InitializerRegistry.standard.initializer(
        ["class_name": "Imported", "config": ["sha256": "12"]])
    } throws: {
      "\($0)" == """
        Imported needs sha256 to be 64 hexadecimal digits, found 12.
        Correct the parameter.
        """
    }
  }

  @Test func `a name that a store cannot have is refused`() async throws {
    let path = folder.path("m.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "a//b", bytes: [1])]), to: path)
    let source = try ModelFile.open(path)
    await #expect {
      try await ModelImport(from: source)
    } throws: {
      ($0 as? GraphError)?.code == .malformedName
    }
  }
}
