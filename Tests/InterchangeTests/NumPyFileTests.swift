import Foundation
import Interchange
import TensorMemory
import Tensors
import Testing

struct NumPyFileTests {
  /// NEP 1: \x93NUMPY, the version's two bytes, the header's length as two little-endian bytes, and
  /// the header: a dictionary, spaces and a newline. The payload begins at a multiple of 64.
  private func header(_ dictionary: String) -> [UInt8] {
    [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0] + Array(dictionary.utf8)
      + [UInt8](repeating: 0x20, count: 117 - dictionary.utf8.count) + [0x0A]
  }

  @Test func `a matrix of float32 has the header of NEP 1 and its bytes`() throws {
    let tensor = try Tensor([1, 2, 3, 4, 5, -6] as [Float], shape: Shape([2, 3]))
    let file = Array(NumPyFile.data(from: tensor))
    #expect(
      Array(file[..<128])
        == header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"))
    #expect(
      Array(file[128...]) == [
        0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xA0, 0x40, 0, 0,
        0xC0, 0xC0,
      ])
  }

  @Test func `a scalar has an empty shape`() throws {
    let tensor = try Tensor([258] as [Int64], shape: .scalar)
    #expect(
      Array(NumPyFile.data(from: tensor))
        == header("{'descr': '<i8', 'fortran_order': False, 'shape': (), }")
        + [2, 1, 0, 0, 0, 0, 0, 0])
  }

  @Test func `a vector has a comma in its shape`() throws {
    let tensor = try Tensor([1, 2] as [UInt8], shape: .vector(2))
    #expect(
      Array(NumPyFile.data(from: tensor))
        == header("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }") + [1, 2])
  }

  @Test func `a tensor of no elements is a header`() throws {
    let tensor = try Tensor([] as [Double], shape: Shape([0, 4]))
    #expect(
      Array(NumPyFile.data(from: tensor))
        == header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4), }"))
  }

  @Test(
    arguments: [
      (.float16, "<f2"), (.bfloat16, "<V2"), (.float32, "<f4"), (.float64, "<f8"), (.int8, "|i1"),
      (.int16, "<i2"), (.int32, "<i4"), (.int64, "<i8"), (.uint8, "|u1"), (.uint16, "<u2"),
      (.uint32, "<u4"), (.uint64, "<u8"), (.bool, "|b1"),
    ] as [(ScalarType, String)])
  func `every type has NumPy's descriptor`(type: ScalarType, descriptor: String) throws {
    let storage = try TensorStorage(byteCount: type.byteCount)
    let bytes = [UInt8](repeating: 1, count: type.byteCount)
    storage.fill(at: 0, with: Data(bytes))
    storage.seal()
    let tensor = try Tensor(shape: .scalar, scalarType: type, storage: storage)
    #expect(
      Array(NumPyFile.data(from: tensor))
        == header("{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (), }") + bytes)
  }

  @Test(arguments: 0...80)
  func `the payload begins at a multiple of 64 for every rank`(rank: Int) throws {
    let shape = try Shape([Int](repeating: 1, count: rank))
    let file = Array(NumPyFile.data(from: try Tensor([7] as [UInt8], shape: shape)))
    let length = Int(file[8]) | Int(file[9]) << 8
    #expect((10 + length) % 64 == 0)
    #expect(file.count == 10 + length + 1)
    #expect(file[10 + length - 1] == 0x0A)
    #expect(file.last == 7)
  }
}
