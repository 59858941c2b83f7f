import Foundation
import Interchange
import Nascent
import Synchronization
import Tensors
import TestSupport
import Testing

/// `.npz` against archives that NumPy wrote.
struct NumPyArchiveTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("a.npz")
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test(arguments: ["all.npz", "compressed.npz"])
  func `every dtype, an empty array, a scalar and a name in Unicode read as they were written`(
    name: String
  ) throws {
    let file = try NumPyArchive(path: InterchangeVector.path(name))
    let rows = try InterchangeVector.load()
    #expect(file.entries.count == rows.count)
    let reader = PartReader(file)
    for row in rows {
      let tensor = try file.tensor(named: row.name)
      #expect(tensor.scalarType.rawValue == row.dtype, "\(row.name)")
      #expect(tensor.shape.dimensions == row.shape, "\(row.name)")
      #expect(Array(tensor.data()) == row.bytes, "\(row.name)")
      let index = try #require(file.entries.firstIndex { $0.name == row.name })
      #expect(try reader.digest(of: index).sha256 == Digest(of: row.bytes))
    }
  }

  @Test func `an import asks an archive for its list as often for many members as for few`()
    async throws
  {
    func lookups(_ count: Int) async throws -> Int {
      let tensors = (0..<count).map { (name: "t\($0)", bytes: [UInt8(truncatingIfNeeded: $0)]) }
      let path = folder.path("\(count).npz")
      _ = try ModelFile.write(MemoryTensors(tensors), to: path)
      let source = CountingSource(try NumPyArchive(path: path))
      let model = try await ModelImport(from: source)
      #expect(model.graph.variables.count == count)
      return source.lookups
    }
    let few = try await lookups(10)
    #expect(try await lookups(300) == few)
    #expect(few < 10)
  }

  @Test func `what is written is what NumPy writes, byte for byte`() throws {
    let rows = try InterchangeVector.load()
    #expect(try ModelFile.write(MemoryTensors(rows), to: path) == [path])
    #expect(try bytes(path) == bytes(InterchangeVector.path("all.npz")))
  }

  @Test func `an archive that was written as a stream reads as any other`() throws {
    let file = try NumPyArchive(path: InterchangeVector.path("streamed.npz"))
    #expect(
      Array(try file.tensor(named: "cube").data()) == (try InterchangeVector.load("cube").bytes))
    try file.validate(0)
  }

  @Test func `a changed byte of an array is found by its checksum`() throws {
    var data = try bytes(InterchangeVector.path("all.npz"))
    let file = try NumPyArchive(path: InterchangeVector.path("all.npz"))
    // "cube" is the first member: its last byte stands before the next member begins.
    let next = try #require(data.dropFirst(4).firstRange(of: Data("PK\u{3}\u{4}".utf8)))
    data[next.lowerBound - 1] ^= 1
    try data.write(to: URL(filePath: path))
    let damaged = try NumPyArchive(path: path)
    #expect(damaged.entries == file.entries)
    #expect {
      try PartReader(damaged).digest(of: 0)
    } throws: {
      "\($0)".hasPrefix(
        "\"\(path)\" is not a valid model file: the bytes of array \"cube\" have the checksum ")
    }
    _ = try PartReader(damaged).digest(of: 1)
  }

  @Test func `a name that leads out of a folder is not written`() throws {
    for (name, reason) in [
      ("../a", "has the part \"..\""), ("/a", "begins with a slash"), ("a\\b", "has a backslash"),
    ] {
      #expect {
        try ModelFile.write(MemoryTensors([(name: name, bytes: [1])]), to: path)
      } throws: {
        "\($0)" == """
          Cannot write tensor "\(name)": its name \(reason).
          Give it another name with --name-map.
          """
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test func `an empty archive is written and read`() throws {
    _ = try ModelFile.write(MemoryTensors([InterchangeVector]()), to: path)
    #expect(try bytes(path) == Data("PK\u{5}\u{6}".utf8) + Data(count: 18))
    #expect(try NumPyArchive(path: path).entries.isEmpty)
  }

  /// As Python's `zipfile` writes them from 2 GiB on.
  @Test func `the records of a large archive count where the other numbers are not full`() throws {
    _ = try ModelFile.write(MemoryTensors([(name: "a", bytes: [1, 2])]), to: path)
    var data = try bytes(path)
    let end = data.count - 22
    let size = Int(data[end + 12])
    func number(_ value: Int) -> Data { Data((0..<8).map { UInt8(value >> ($0 * 8) & 0xFF) }) }
    let record =
      Data("PK\u{6}\u{6}".utf8) + number(44) + Data([45, 0, 45, 0]) + number(0) + number(1)
      + number(1) + number(size) + number(end - size)
    let locator = Data("PK\u{6}\u{7}".utf8) + Data(count: 4) + number(end) + Data([1, 0, 0, 0])
    data.insert(contentsOf: record + locator, at: end)
    try data.write(to: URL(filePath: path))
    #expect(Array(try NumPyArchive(path: path).tensor(named: "a").data()) == [1, 2])
  }

  /// Python's `zipfile` writes the records of large archives from 65,536 members on.
  @Test func `an archive of very many arrays has the records of a large one`() throws {
    let count = 65_537
    let source = try MemoryTensors((0..<count).map { (name: "\($0)", bytes: []) })
    _ = try ModelFile.write(source, to: path)
    let tail = try bytes(path).suffix(98)
    #expect(tail.prefix(4) == Data("PK\u{6}\u{6}".utf8))
    let file = try NumPyArchive(path: path)
    #expect(file.entries.count == count)
  }
}

/// An archive that counts how often it is asked for the list of its arrays, each time the work of as many
/// steps as it has members.
private final class CountingSource: TensorSource {
  private let base: NumPyArchive
  private let count = Mutex(0)

  init(_ base: NumPyArchive) { self.base = base }

  var lookups: Int { count.withLock { $0 } }
  var formatName: String { base.formatName }
  var entries: [TensorEntry] {
    count.withLock { $0 += 1 }
    return base.entries
  }

  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try base.read(into: &span, at: offset, of: index)
  }

  func validate(_ index: Int) throws { try base.validate(index) }
}
