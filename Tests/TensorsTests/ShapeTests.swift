import Tensors
import Testing

struct ShapeTests {
  @Test(
    arguments: [
      ([], 1), ([5], 5), ([784, 128], 100_352), ([3, 0, 4], 0), ([1, 1, 1], 1),
      ([Int.max], Int.max), ([1 << 31, 1 << 31], 1 << 62),
    ] as [([Int], Int)])
  func `the element count is the product`(dimensions: [Int], count: Int) throws {
    let shape = try Shape(dimensions)
    #expect(shape.elementCount == count)
    #expect(shape.dimensions == dimensions)
    #expect(shape.rank == dimensions.count)
  }

  @Test func `a scalar and a vector equal the shapes of their dimensions`() throws {
    #expect(try Shape([]) == Shape.scalar)
    #expect(try Shape([7]) == Shape.vector(7))
    #expect(try Shape([0]) == Shape.vector(0))
  }

  @Test func `a negative size is refused with its axis`() {
    let error = #expect(throws: TensorError.self) { try Shape([3, -2, -1]) }
    #expect(error?.code == .negativeDimension)
    #expect(
      error?.message == """
        Shape [3, -2, -1] has the negative size -2 at axis 1.
        Give every axis a size of 0 or more.
        """)
    #expect(error?.description == error?.message)
  }

  @Test func `the smallest integer as a size is refused`() {
    let error = #expect(throws: TensorError.self) { try Shape([Int.min]) }
    #expect(error?.code == .negativeDimension)
  }

  @Test func `more elements than an integer counts are refused`() {
    let error = #expect(throws: TensorError.self) { try Shape([1 << 62, 2]) }
    #expect(error?.code == .tooLarge)
    #expect(
      error?.message == """
        Shape [4611686018427387904, 2] has more than 2^63 - 1 elements.
        Check the sizes; no machine can hold such a tensor.
        """)
  }

  @Test(arguments: [[0, 1 << 62, 2], [1 << 62, 2, 0], [Int.max, Int.max, 0]])
  func `a zero does not hide sizes whose product overflows`(dimensions: [Int]) {
    let error = #expect(throws: TensorError.self) { try Shape(dimensions) }
    #expect(error?.code == .tooLarge)
  }

  @Test func `more bytes than an integer counts are refused`() throws {
    let shape = try Shape([1 << 31, 1 << 30])
    let error = #expect(throws: TensorError.self) { try shape.byteCount(of: .float32) }
    #expect(error?.code == .tooLarge)
    #expect(
      error?.message == """
        A float32 tensor of shape [2147483648, 1073741824] has more than 2^63 - 1 bytes: \
        2305843009213693952 elements of 4 bytes.
        Check the sizes; no machine can hold such a tensor.
        """)
  }

  @Test func `the byte count is exact up to the limit`() throws {
    let shape = try Shape([1 << 31, 1 << 30])
    #expect(try shape.byteCount(of: .bool) == 1 << 61)
    #expect(try shape.byteCount(of: .float16) == 1 << 62)
    #expect(try Shape([Int.max]).byteCount(of: .uint8) == Int.max)
    #expect(try Shape([1 << 40, 0]).byteCount(of: .float64) == 0)
  }

  @Test(arguments: ScalarType.allCases)
  func `a scalar has the bytes of one element`(type: ScalarType) throws {
    #expect(try Shape.scalar.byteCount(of: type) == type.byteCount)
  }

  @Test(
    arguments: [
      ([], "[]", "[]", "()"),
      ([5], "[5]", "[5]", "(5,)"),
      ([784, 128], "[784,128]", "[784, 128]", "(784, 128)"),
    ] as [([Int], String, String, String)])
  func `a shape is written as JSON, Swift and Python have it`(
    dimensions: [Int], json: String, swift: String, python: String
  ) throws {
    let shape = try Shape(dimensions)
    #expect(shape.json == json)
    #expect(shape.description == swift)
    #expect(shape.tupleDescription == python)
  }
}
