import Foundation
import TensorMemory
import Tensors
import Testing

struct TensorTests {
  @Test func `values read back in row-major order`() throws {
    let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: Shape([2, 3]))
    #expect(try tensor.array(of: Float.self) == [1, 2, 3, 4, 5, 6])
    #expect(tensor.scalarType == .float32)
    #expect(tensor.byteCount == 24)
  }

  @Test func `bytes are little-endian`() throws {
    let tensor = try Tensor([0x0102_0304, -2] as [Int32], shape: .vector(2))
    #expect(Array(tensor.data()) == [4, 3, 2, 1, 0xFE, 0xFF, 0xFF, 0xFF])
  }

  @Test func `every Swift number type reads back`() throws {
    func check<Scalar: TensorScalar & Equatable>(_ values: [Scalar]) throws {
      let tensor = try Tensor(values, shape: .vector(values.count))
      #expect(try tensor.array(of: Scalar.self) == values)
      #expect(tensor.scalarType == Scalar.scalarType)
      #expect(tensor.byteCount == values.count * Scalar.scalarType.byteCount)
    }
    try check([-0.5, .infinity, .greatestFiniteMagnitude] as [Float])
    try check([-0.5, .infinity, .leastNonzeroMagnitude] as [Double])
    try check([Int8.min, 0, .max])
    try check([Int16.min, 0, .max])
    try check([Int32.min, 0, .max])
    try check([Int64.min, 0, .max])
    try check([UInt8.min, .max])
    try check([UInt16.min, .max])
    try check([UInt32.min, .max])
    try check([UInt64.min, .max])
  }

  @Test func `a tensor of no elements has no bytes`() throws {
    let tensor = try Tensor([] as [Double], shape: Shape([3, 0]))
    #expect(try tensor.array(of: Double.self) == [])
    #expect(tensor.data().isEmpty)
    #expect(tensor.digest() == Digest(of: Data()))
  }

  @Test func `another type than the tensor's own is refused`() throws {
    let tensor = try Tensor([1, 2] as [Float], shape: .vector(2))
    let error = #expect(throws: TensorError.self) { try tensor.array(of: Double.self) }
    #expect(error?.code == .wrongScalarType)
    #expect(
      error?.message == """
        Cannot read a float32 tensor as float64: values are never cast silently.
        Read it as float32, or use doubles(), which converts every type.
        """)
  }

  @Test func `a range outside the tensor is refused`() throws {
    let tensor = try Tensor([1, 2] as [Float], shape: .vector(2))
    let error = #expect(throws: TensorError.self) { try tensor.doubles(in: 1..<3) }
    #expect(error?.code == .rangeOutOfBounds)
    #expect(
      error?.message == """
        Elements 1..<3 reach outside a tensor of 2 elements.
        Ask for a range inside 0..<2.
        """)
  }

  @Test(arguments: [-1..<1, 0..<3, Int.min..<0, 0..<Int.max])
  func `slices and doubles refuse the same ranges`(range: Range<Int>) throws {
    let tensor = try Tensor([1, 2] as [Float], shape: .vector(2))
    let sliced = #expect(throws: TensorError.self) { try tensor.slice(elements: range) }
    let read = #expect(throws: TensorError.self) { try tensor.doubles(in: range) }
    #expect(sliced?.code == .rangeOutOfBounds)
    #expect(sliced == read)
  }

  @Test(arguments: [[], [1], [1, 2, 3]] as [[Float]])
  func `another number of values than the shape's is refused`(values: [Float]) {
    let error = #expect(throws: TensorError.self) { try Tensor(values, shape: .vector(2)) }
    #expect(
      error?.message == """
        A tensor of shape [2] needs 2 values, found \(values.count).
        Give one value for each element, in row-major order.
        """)
  }

  @Test func `a slice is a vector of its elements`() throws {
    let tensor = try Tensor([1, 2, 3, 4] as [Int16], shape: Shape([2, 2]))
    let slice = try tensor.slice(elements: 1..<3)
    #expect(slice.shape == .vector(2))
    #expect(try slice.array(of: Int16.self) == [2, 3])
    #expect(try tensor.slice(elements: 4..<4).shape == .vector(0))
  }

  @Test func `every element reads as a double`() throws {
    let tensor = try Tensor([-1, 7] as [Int8], shape: .vector(2))
    #expect(try tensor.doubles() == [-1, 7])
    #expect(try tensor.doubles(in: 1..<2) == [7])
  }

  /// `hashlib.sha256(struct.pack("<3f", 1, 2, 3)).hexdigest()`
  @Test func `the digest is that of the bytes`() throws {
    let tensor = try Tensor([1, 2, 3] as [Float], shape: .vector(3))
    #expect(
      tensor.digest().hex == "8e628779e6a74ee0b36991c10158f63cafec7d340ad4e075592502c8708524dd")
  }

  @Test func `tensors are identical by shape, type and bytes`() throws {
    let tensor = try Tensor([0, 0] as [Float], shape: .vector(2))
    #expect(tensor.isIdentical(to: try Tensor([0, 0] as [Float], shape: .vector(2))))
    #expect(!tensor.isIdentical(to: try Tensor([0, -0.0] as [Float], shape: .vector(2))))
    #expect(!tensor.isIdentical(to: try Tensor([0, 0] as [Float], shape: Shape([1, 2]))))
    #expect(!tensor.isIdentical(to: try Tensor([0, 0] as [Int32], shape: .vector(2))))
  }

  @Test func `a tensor prints as NumPy prints an array`() throws {
    #expect(try Tensor([5] as [Int32], shape: .scalar).description == "5")
    #expect(try Tensor([0.1, -2] as [Float], shape: .vector(2)).description == "[0.1, -2.0]")
    #expect(
      try Tensor([1, 2, 3, 4] as [Int32], shape: Shape([2, 2])).description
        == "[[1, 2],\n [3, 4]]")
    #expect(
      try Tensor([1, 2, 3, 4] as [Int32], shape: Shape([2, 2, 1])).description
        == "[[[1],\n  [2]],\n\n [[3],\n  [4]]]")
    #expect(
      try Tensor(Array(0..<10) as [Int32], shape: .vector(10)).description
        == "[0, 1, 2, ..., 7, 8, 9]")
    #expect(try Tensor([] as [Int32], shape: .vector(0)).description == "[]")
  }

  @Test func `64-bit integers print every digit`() throws {
    #expect(
      try Tensor([Int64.max, .min], shape: .vector(2)).description
        == "[9223372036854775807, -9223372036854775808]")
    #expect(
      try Tensor([UInt64.max], shape: .vector(1)).description == "[18446744073709551615]")
  }

  @Test func `a storage of bools prints words`() throws {
    let storage = try TensorStorage(byteCount: 2)
    storage.fill(at: 0, with: Data([0, 1]))
    storage.seal()
    let tensor = try Tensor(shape: .vector(2), scalarType: .bool, storage: storage)
    #expect(tensor.description == "[false, true]")
  }

  @Test func `a preview stops at its limit`() throws {
    let tensor = try Tensor([1, 2, 3] as [Int32], shape: .vector(3))
    #expect(tensor.withBytes { Tensor.preview(of: $0, as: .int32, limit: 2) } == "[1, 2, …]")
    #expect(tensor.withBytes { Tensor.preview(of: $0, as: .int32, limit: 3) } == "[1, 2, 3]")
  }

  @Test(arguments: [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func `chunks cover every byte once`(byteCount: Int) {
    let ranges = (0..<Chunking.count(ofBytes: byteCount)).map {
      Chunking.range(ofChunk: $0, in: byteCount)
    }
    #expect(ranges.reduce(0) { $0 + $1.count } == byteCount)
    #expect(ranges.allSatisfy { !$0.isEmpty && $0.lowerBound % Chunking.chunkByteCount == 0 })
    #expect(Chunking.count(ofBytes: Int.max) == 1 << 43)
  }
}
