import TensorMemory
import Tensors
import TestSupport
import Testing

struct TensorConvertingTests {
  @Test func `floating-point numbers are rounded to nearest, ties to even`() throws {
    let tensor = try Tensor([1.0, 1 + 0x1p-24, 1 + 0x1.8p-23, -0.1, .infinity], shape: .vector(5))
    #expect(
      try tensor.converted(to: .float32).array(of: Float.self)
        == [1, 1, 1 + 0x1p-22, -0.1, .infinity])
    let half = try tensor.converted(to: .float16)
    #expect(try half.doubles() == [1, 1, 1, -0.0999755859375, .infinity])
    #expect(try half.converted(to: .float64).doubles() == half.doubles())
  }

  @Test func `what is not a number stays so among floating-point types`() throws {
    let tensor = try Tensor([Float.nan], shape: .vector(1)).converted(to: .bfloat16)
    #expect(try tensor.doubles()[0].isNaN)
  }

  @Test func `integers keep every digit`() throws {
    let large = try Tensor([Int64.max, -1, 0], shape: .vector(3))
    #expect(
      try large.slice(elements: 0..<1).converted(to: .uint64).array(of: UInt64.self) == [
        UInt64(Int64.max)
      ])
    #expect(try large.slice(elements: 1..<3).converted(to: .float16).doubles() == [-1, 0])
    let bits = try Tensor([0, 1] as [UInt8], shape: .vector(2)).converted(to: .bool)
    #expect(try bits.converted(to: .float32).array(of: Float.self) == [0, 1])
  }

  @Test func `every type's small numbers survive the way to every other and back`() throws {
    for type in ScalarType.allCases {
      for other in ScalarType.allCases {
        let tensor = try Tensor([0, 1] as [Float], shape: .vector(2)).converted(to: type)
        let there = try tensor.converted(to: other)
        #expect(there.scalarType == other)
        #expect(try there.converted(to: type).isIdentical(to: tensor), "\(type) \(other)")
      }
    }
  }

  @Test(
    arguments: [
      (1e39, ScalarType.float32, "1e+39"), (70000, .float16, "70000.0"), (0.5, .int8, "0.5"),
      (.nan, .int32, "nan"), (128, .int8, "128.0"), (-1, .uint64, "-1.0"), (2, .bool, "2.0"),
    ] as [(Double, ScalarType, String)])
  func `a number that would become another is refused`(
    value: Double, type: ScalarType, text: String
  ) throws {
    let tensor = try Tensor([0, value], shape: .vector(2))
    #expect {
      try tensor.converted(to: type)
    } throws: { error in
      "\(error)" == """
        Element 1 is \(text), which \(type) cannot hold: only floating-point numbers are rounded, and only \
        inside the range of their type.
        Keep the type, or choose one that can hold every element.
        """
    }
  }

  @Test(arguments: [ScalarType.float32, .float16, .bfloat16, .float64, .int32, .bool])
  func `an integer that a type cannot hold exactly is refused`(type: ScalarType) throws {
    let tensor = try Tensor([Int64.max - 1], shape: .vector(1))
    #expect(throws: TensorError.self) { try tensor.converted(to: type) }
    let small = try Tensor([(1 << 24) + 1] as [Int32], shape: .vector(1))
    if type == .float32 {
      #expect(throws: TensorError.self) { try small.converted(to: type) }
    }
  }
}
