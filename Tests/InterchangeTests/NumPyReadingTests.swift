import Foundation
import Interchange
import Tensors
import TestSupport
import Testing

/// `.npy` files that NumPy wrote, and headers that it would not write.
struct NumPyReadingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["version2", "version3", "column-major", "big-endian"])
  func `versions, orders of axes and of bytes read as the same values`(file: String) throws {
    let array = try NumPyFile(path: InterchangeVector.path("\(file).npy"))
    let cube = try InterchangeVector.load("cube")
    #expect(array.entries.map(\.name) == [file])
    let tensor = try array.tensor(named: file)
    #expect(tensor.shape.dimensions == cube.shape)
    #expect(tensor.scalarType == .int16)
    #expect(Array(tensor.data()) == cube.bytes)
  }

  @Test func `any part of a big-endian array whose first axis varies fastest is right`() throws {
    let file = try NumPyFile(path: InterchangeVector.path("big-endian-column-major.npy"))
    for lower in 0..<30 {
      let slice = try file.slice(of: "big-endian-column-major", elements: lower..<30)
      #expect(try slice.array(of: Double.self) == (lower..<30).map(Double.init))
    }
  }

  @Test func `bfloat16 is V2, as ml_dtypes saves it`() throws {
    let path = InterchangeVector.path("bfloat16.npy")
    let row = try InterchangeVector.load("matrix/bfloat16")
    let tensor = try NumPyFile(path: path).tensor(named: "bfloat16")
    #expect(tensor.scalarType == .bfloat16)
    #expect(Array(tensor.data()) == row.bytes)
    #expect(NumPyFile.data(from: tensor) == (try Data(contentsOf: URL(filePath: path))))
  }

  @Test func `an array is written as NumPy writes it`() throws {
    let source = try ModelFile.open(InterchangeVector.path("bfloat16.npy"))
    let path = folder.path("copy.npy")
    #expect(try ModelFile.write(source, to: path) == [path])
    #expect(
      try Data(contentsOf: URL(filePath: path))
        == Data(contentsOf: URL(filePath: InterchangeVector.path("bfloat16.npy"))))
  }

  @Test(arguments: [
    (
      "objects",
      """
      array "objects" holds pickled Python objects, which are never read.
      Save an array of numbers: array.astype("float32").
      """
    ),
    (
      "complex",
      """
      tensor "complex" has the dtype '<c8'.
      Nascent has float16, bfloat16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, \
      uint64, bool: convert the tensor to one of these, or leave it out.
      """
    ),
    (
      "structured",
      """
      tensor "structured" has the dtype [('a', '<f4'), ('b', '<i4')].
      Nascent has float16, bfloat16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, \
      uint64, bool: convert the tensor to one of these, or leave it out.
      """
    ),
  ])
  func `arrays that Nascent does not have are refused with what to do`(file: String, reason: String)
  {
    let path = InterchangeVector.path("\(file).npy")
    #expect {
      try NumPyFile(path: path)
    } throws: {
      "\($0)" == "Cannot read \"\(path)\": \(reason)"
    }
  }

  private func file(_ dictionary: String, version: [UInt8] = [1, 0], byteCount: Int = 8) -> Data {
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data(version)
    let length = dictionary.utf8.count
    data += Data(
      (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) })
    return data + Data(dictionary.utf8) + Data(count: byteCount)
  }

  @Test(arguments: [
    (#"{"descr": "<f4", "fortran_order": False, "shape": (2,), }"#, true),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2L,)}\n", true),
    ("{'descr': '=f4', 'fortran_order': True, 'shape': (1, 2)}", true),
    ("{'descr': '|V2', 'fortran_order': False, 'shape': (4,)}", true),
    ("{'descr': '>V2', 'fortran_order': False, 'shape': (4,)}", false),
    ("{'descr': 'f4', 'fortran_order': False, 'shape': (2,)}", false),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (True, 2)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9)}", false),
    ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", false),
    ("{'descr': '<f4', 'fortran_order': False}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", false),
    ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", false),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + exit()", false),
    ("{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}", false),
    (String(repeating: "(", count: 60_000), false), ("", false), ("{", false), ("{'", false),
  ])
  func `a header is a dictionary of three literals and the bytes are as many as it says`(
    dictionary: String, isValid: Bool
  ) throws {
    let path = folder.path("a.npy")
    try file(dictionary).write(to: URL(filePath: path))
    if isValid {
      #expect(try NumPyFile(path: path).tensor(named: "a").byteCount == 8)
    } else {
      #expect(throws: ModelFileError.self) { try NumPyFile(path: path) }
    }
  }

  @Test func `other versions and cut files are refused`() throws {
    let path = folder.path("a.npy")
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
    for version: [UInt8] in [[4, 0], [0, 0], [1, 1]] {
      try file(header, version: version).write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self) { try NumPyFile(path: path) }
    }
    let whole = file(header, version: [2, 0])
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self) { try NumPyFile(path: path) }
    }
    var long = whole
    long.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0xFF])
    try long.write(to: URL(filePath: path))
    #expect {
      try NumPyFile(path: path)
    } throws: {
      "\($0)".contains("its header has 4294967295 bytes, and at most 1048576 are read")
    }
  }
}
