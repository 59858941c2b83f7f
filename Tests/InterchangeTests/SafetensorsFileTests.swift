import Foundation
import Interchange
import Tensors
import TestSupport
import Testing

/// safetensors against files that the library itself wrote.
struct SafetensorsFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test
  func `every dtype, an empty tensor, a scalar and a name in Unicode read as they were written`()
    throws
  {
    let file = try SafetensorsFile(path: InterchangeVector.path("all.safetensors"))
    let rows = try InterchangeVector.load()
    #expect(Set(file.entries.map(\.name)) == Set(rows.map(\.name)))
    #expect(Set(rows.map(\.dtype)) == Set(ScalarType.allCases.map(\.rawValue)))
    for row in rows {
      let tensor = try file.tensor(named: row.name)
      #expect(tensor.scalarType.rawValue == row.dtype, "\(row.name)")
      #expect(tensor.shape.dimensions == row.shape, "\(row.name)")
      #expect(Array(tensor.data()) == row.bytes, "\(row.name)")
    }
    #expect(file.metadata == [MetadataPair("format", "pt")])
  }

  @Test func `what is written is what the library writes, byte for byte`() throws {
    let path = folder.path("all.safetensors")
    var configuration = ModelFile.Configuration()
    configuration.metadata = { _ in [MetadataPair("format", "pt")] }
    let rows = try InterchangeVector.load()
    #expect(try ModelFile.write(MemoryTensors(rows.reversed()), to: path, configuration) == [path])
    #expect(try bytes(path) == bytes(InterchangeVector.path("all.safetensors")))
  }

  /// The bytes that `safetensors.numpy.save({})` and `save({}, {"a": "b"})` give.
  @Test func `no tensors are an empty object`() throws {
    let path = folder.path("none.safetensors")
    _ = try ModelFile.write(MemoryTensors([InterchangeVector]()), to: path)
    #expect(try bytes(path) == Data([8, 0, 0, 0, 0, 0, 0, 0]) + Data("{}      ".utf8))
    #expect(try SafetensorsFile(path: path).entries.isEmpty)
    var configuration = ModelFile.Configuration()
    configuration.metadata = { _ in [MetadataPair("a", "b")] }
    _ = try ModelFile.write(MemoryTensors([InterchangeVector]()), to: path, configuration)
    #expect(
      try bytes(path)
        == Data([32, 0, 0, 0, 0, 0, 0, 0]) + Data(#"{"__metadata__":{"a":"b"}}      "#.utf8))
  }

  @Test func `a slice is that part of the tensor`() throws {
    let file = try SafetensorsFile(path: InterchangeVector.path("all.safetensors"))
    let row = try InterchangeVector.load("cube")
    let slice = try file.slice(of: "cube", elements: 4..<11)
    #expect(slice.shape == .vector(7))
    #expect(Array(slice.data()) == Array(row.bytes[8..<22]))
    #expect(try file.slice(of: "empty", elements: 0..<0).byteCount == 0)
  }

  @Test(arguments: [(-1)..<2, 4..<31])
  func `a slice outside the tensor is refused`(range: Range<Int>) throws {
    let file = try SafetensorsFile(path: InterchangeVector.path("all.safetensors"))
    #expect {
      try file.slice(of: "cube", elements: range)
    } throws: {
      "\($0)" == """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside a tensor of 30 elements.
        Ask for a range inside 0..<30.
        """
    }
  }

  @Test func `parts of a large tensor come in order`() throws {
    let large = (0..<PartReader.partByteCount + 5).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let path = folder.path("large.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "large", bytes: large)]), to: path)
    let reader = PartReader(try SafetensorsFile(path: path))
    var sizes: [Int] = []
    try reader.forEachPart(of: 0) { sizes.append($0.byteCount) }
    #expect(sizes == [PartReader.partByteCount, 5])
    #expect(try reader.digest(of: 0).sha256 == Digest(of: large))
  }

  @Test func `a tensor may not be called as the metadata are`() throws {
    let source = try MemoryTensors([(name: "__metadata__", bytes: [1])])
    let path = folder.path("m.safetensors")
    #expect {
      try ModelFile.write(source, to: path)
    } throws: {
      "\($0)" == """
        Cannot write tensor "__metadata__": its name has another meaning in the format.
        Give it another name with --name-map.
        """
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
