import Foundation
import Interchange
import TensorMemory
import Tensors
import TestSupport
import Testing

/// Archives of `numpy.savez_compressed`.
struct CompressedArchiveTests {
  private let folder: TemporaryFolder
  private let path: String
  /// "steps": element *i* is *i* / 4096, int32, 16 MiB; "columns": the same as 2048 x 2048, column by column.
  private let large = InterchangeVector.path("compressed-large.npz")
  private let elementCount = 4 << 20

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("a.npz")
  }

  private func values(_ tensor: Tensor) -> [Int32] {
    tensor.data().withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
  }

  @Test func `slices are read anywhere, backward and forward`() throws {
    let file = try NumPyArchive(path: large)
    for lower in [elementCount - 5, 0, 3_000_000, 2_999_990, 1 << 20, 17, elementCount] {
      let range = lower..<min(lower + 10, elementCount)
      let slice = try file.slice(of: "steps", elements: range)
      #expect(values(slice) == range.map { Int32($0 / 4096) })
    }
  }

  @Test func `many tasks read at once`() async throws {
    let file = try NumPyArchive(path: large)
    let count = elementCount
    let part = count / 32
    try await withThrowingTaskGroup(of: (Int, Tensor).self) { group in
      for number in (0..<32).reversed() {
        group.addTask {
          (number, try file.slice(of: "steps", elements: number * part..<(number + 1) * part))
        }
      }
      for try await (number, slice) in group {
        #expect(values(slice) == (number * part..<(number + 1) * part).map { Int32($0 / 4096) })
      }
    }
  }

  @Test func `an array that is stored column by column is turned`() throws {
    let file = try NumPyArchive(path: large)
    #expect(
      values(try file.tensor(named: "columns")) == (0..<elementCount).map { Int32($0 / 4096) })
  }

  /// The whole array is read three times by an import, and never held.
  @Test func `an import has the digest of the unfolded bytes`() async throws {
    let file = try NumPyArchive(path: large)
    let index = try #require(file.entries.firstIndex { $0.name == "steps" })
    let bytes = (0..<elementCount).map { Int32($0 / 4096) }.withUnsafeBytes { Array($0) }
    #expect(try PartReader(file).digest(of: index).sha256 == Digest(of: bytes))
  }

  /// Every byte of the compressed ones is changed in turn. The last one has bits that mean nothing.
  @Test func `a changed byte is found, wherever it is`() throws {
    let original = try Data(contentsOf: URL(filePath: InterchangeVector.path("compressed.npz")))
    let intact = try NumPyArchive(path: InterchangeVector.path("compressed.npz"))
    let name = try #require(intact.entries.first?.name)
    let member = try #require(original.firstRange(of: Data("\(name).npy".utf8)))
    // A header with the sizes in 64 bits stands before the bytes, and the next member behind them.
    let start = member.upperBound + 20
    let next = try #require(original.dropFirst(4).firstRange(of: Data("PK\u{3}\u{4}".utf8)))
    #expect(start < next.lowerBound)
    for place in start..<next.lowerBound - 1 {
      var data = original
      data[place] ^= 0x10
      try data.write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self, "byte \(place - start)") {
        _ = try PartReader(NumPyArchive(path: path)).digest(of: 0)
      }
    }
  }

  /// - Parameter change: Changes a size in bytes, 64 bits wide before the member, 32 bits in the directory.
  private func malformed(sizeAt place: Int, _ change: (Int) -> Int) throws -> String {
    var data = try Data(contentsOf: URL(filePath: InterchangeVector.path("compressed.npz")))
    let directory = try #require(data.firstRange(of: Data("PK\u{1}\u{2}".utf8))).lowerBound
    let at = directory + place
    let size = change(data[at..<at + 4].reversed().reduce(0) { $0 << 8 | Int($1) })
    for byte in 0..<4 { data[at + byte] = UInt8(size >> (8 * byte) & 0xFF) }
    try data.write(to: URL(filePath: path))
    do {
      _ = try PartReader(NumPyArchive(path: path)).digest(of: 0)
      return "nothing"
    } catch let error as ModelFileError {
      return error.message
    }
  }

  @Test func `a member that says a size that deflate cannot make is refused`() throws {
    #expect(
      try malformed(sizeAt: 24) { _ in 2_000_000_000 }.contains("more than deflate makes of them"))
  }

  @Test func `a member that says another size than it has is refused`() throws {
    for change in [-1, 1] {
      let message = try malformed(sizeAt: 24) { $0 + change }
      #expect(message.contains(" needs ") && message.contains(" bytes and has "), "\(message)")
    }
  }

  @Test func `compressed bytes that are cut are refused`() throws {
    #expect(try malformed(sizeAt: 20) { $0 / 2 }.contains("ends inside its compressed bytes"))
  }

  @Test func `bytes that end before or behind what is said are refused`() throws {
    // A stored block of deflate: the last one, of 3 bytes, and a byte that belongs to nothing.
    try Data([1, 3, 0, 0xFC, 0xFF, 7, 8, 9, 0]).write(to: URL(filePath: path))
    let stream = try ReadableFile(path: path)
    func reason(_ range: Range<Int>, _ byteCount: Int) -> String? {
      let bytes = DeflatedBytes(stream, in: range, byteCount: byteCount)
      do {
        #expect(try bytes.bytes(in: 0..<byteCount) == Array([7, 8, 9].prefix(byteCount)))
        try bytes.checkEnd()
        return nil
      } catch { return "\(error)" }
    }
    #expect(reason(0..<8, 3) == nil)
    #expect(reason(0..<8, 4) == "ends after 3 bytes")
    #expect(reason(0..<8, 2) == "has more bytes than the 2 that are said")
    #expect(reason(0..<7, 3) == "ends inside its compressed bytes")
    #expect(reason(0..<9, 3) == "has 1 bytes behind its compressed ones")
    // There is no kind of block with this number.
    try Data([7]).write(to: URL(filePath: path))
    #expect(throws: DeflateError.self) {
      try DeflatedBytes(ReadableFile(path: path), in: 0..<1, byteCount: 1).bytes(in: 0..<1)
    }
  }

  /// An archive of one compressed array of zeros, of which only the header is there.
  private func writeBomb(_ header: String, byteCount: Int) throws {
    let array =
      Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(header.utf8.count), 0])
      + Data(header.utf8)
    let length = UInt8(array.count)
    // A stored block of deflate, and as many empty ones behind it as could make the size.
    var stream = Data([0, length, 0, ~length, 0xFF]) + array
    for _ in 0...byteCount / 1032 / 5 { stream += [0, 0, 0, 0xFF, 0xFF] }
    func number(_ value: Int, _ width: Int) -> Data {
      Data((0..<width).map { UInt8(value >> (8 * $0) & 0xFF) })
    }
    let shared =
      number(20, 2) + number(0, 2) + number(8, 2) + number(0, 8) + number(stream.count, 4)
      + number(array.count + byteCount, 4) + number(5, 2) + number(0, 2)
    let member = Data("PK\u{3}\u{4}".utf8) + shared + Data("a.npy".utf8) + stream
    let directory =
      Data("PK\u{1}\u{2}".utf8) + number(20, 2) + shared + number(0, 14) + Data("a.npy".utf8)
    let end =
      Data("PK\u{5}\u{6}".utf8) + number(0, 4) + number(1, 2) + number(1, 2)
      + number(directory.count, 4) + number(member.count, 4) + number(0, 2)
    try (member + directory + end).write(to: URL(filePath: path))
  }

  @Test func `an array that would be turned in much memory is refused`() throws {
    func header(_ isColumnMajor: String, _ rows: Int) -> String {
      "{'descr': '<f4', 'fortran_order': \(isColumnMajor), 'shape': (\(rows), 32768), }\n"
    }
    try writeBomb(header("True", 8193), byteCount: 8193 << 17)
    #expect {
      try NumPyArchive(path: path)
    } throws: {
      "\($0)" == """
        Cannot read "\(path)": array "a" is compressed, is stored column by column and has 1073872896 bytes; at \
        most 1073741824 are turned.
        Save it row by row, in Python: numpy.ascontiguousarray(array).
        """
    }
    // What is read part by part may be larger.
    try writeBomb(header("True", 8192), byteCount: 8192 << 17)
    #expect(try NumPyArchive(path: path).entries.map(\.byteCount) == [8192 << 17])
    try writeBomb(header("False", 8193), byteCount: 8193 << 17)
    let rows = try NumPyArchive(path: path)
    #expect(rows.entries.map(\.byteCount) == [8193 << 17])
    #expect(throws: ModelFileError.self) { try rows.slice(of: "a", elements: 0..<1) }
  }

  @Test func `another compression is refused with what to do`() {
    let path = InterchangeVector.path("bzip2.npz")
    #expect {
      try NumPyArchive(path: path)
    } throws: {
      "\($0)" == """
        Cannot read "\(path)": its member "cube.npy" is compressed by method 12.
        Save it as NumPy does, in Python: numpy.savez("new.npz", **numpy.load("\(path)")).
        """
    }
  }
}
