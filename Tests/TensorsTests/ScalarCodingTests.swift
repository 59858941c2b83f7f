import Foundation
import RandomSampling
import TensorMemory
import Tensors
import Testing

struct ScalarCodingTests {
  private static let all: [UInt16] = Array(0...UInt16.max)

  private func isNaN(float16 bits: UInt16) -> Bool { bits & 0x7FFF > 0x7C00 }
  private func isNaN(bfloat16 bits: UInt16) -> Bool { bits & 0x7FFF > 0x7F80 }

  @Test func `every float16 survives the way through float and double`() {
    let lost = Self.all.filter { bits in
      let value = HalfPrecision.float(fromFloat16: bits)
      if isNaN(float16: bits) {
        return !value.isNaN || !isNaN(float16: HalfPrecision.float16(value))
          || !isNaN(float16: HalfPrecision.float16(Double(value)))
      }
      return HalfPrecision.float16(value) != bits || HalfPrecision.float16(Double(value)) != bits
    }
    #expect(lost == [])
  }

  @Test func `every bfloat16 survives the way through float and double`() {
    let lost = Self.all.filter { bits in
      let value = HalfPrecision.float(fromBFloat16: bits)
      if isNaN(bfloat16: bits) {
        return !value.isNaN || !isNaN(bfloat16: HalfPrecision.bfloat16(value))
          || !isNaN(bfloat16: HalfPrecision.bfloat16(Double(value)))
      }
      return HalfPrecision.bfloat16(value) != bits || HalfPrecision.bfloat16(Double(value)) != bits
    }
    #expect(lost == [])
  }

  /// sign · 2^(exponent − 15) · (1 + fraction/1024), and sign · 2^−14 · fraction/1024 below it.
  @Test func `every finite float16 has the value of its fields`() {
    let wrong = Self.all.filter { bits in
      let (exponent, fraction) = (Int(bits >> 10) & 31, Double(bits & 1023) / 1024)
      guard exponent < 31 else { return false }
      let sign: Double = bits >> 15 == 1 ? -1 : 1
      let magnitude =
        exponent == 0
        ? Double(sign: .plus, exponent: -14, significand: 1) * fraction
        : Double(sign: .plus, exponent: exponent - 15, significand: 1) * (1 + fraction)
      return Double(HalfPrecision.float(fromFloat16: bits)) != sign * magnitude
    }
    #expect(wrong == [])
  }

  /// The midpoint of two neighbours goes to the even one, its double neighbours to theirs.
  @Test func `doubles between two float16 round to nearest, ties to even`() {
    let wrong = (UInt16(0)..<0x7BFF).filter { bits in
      let low = Double(HalfPrecision.float(fromFloat16: bits))
      let middle = (low + Double(HalfPrecision.float(fromFloat16: bits + 1))) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      return HalfPrecision.float16(middle) != even
        || HalfPrecision.float16(middle.nextDown) != bits
        || HalfPrecision.float16(middle.nextUp) != bits + 1
        || HalfPrecision.float16(-middle) != even | 0x8000
    }
    #expect(wrong == [])
  }

  @Test func `doubles between two bfloat16 round to nearest, ties to even`() {
    let wrong = (UInt16(0)..<0x7F7F).filter { bits in
      let low = Double(HalfPrecision.float(fromBFloat16: bits))
      let middle = (low + Double(HalfPrecision.float(fromBFloat16: bits + 1))) / 2
      let even = bits & 1 == 0 ? bits : bits + 1
      return HalfPrecision.bfloat16(middle) != even
        || HalfPrecision.bfloat16(middle.nextDown) != bits
        || HalfPrecision.bfloat16(middle.nextUp) != bits + 1
        || HalfPrecision.bfloat16(-middle) != even | 0x8000
    }
    #expect(wrong == [])
  }

  @Test(
    arguments: [
      (0, 0x0000), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (65504, 0x7BFF),
      (65519.996, 0x7BFF), (65520, 0x7C00), (1e300, 0x7C00), (-1e300, 0xFC00),
      (0x1p-14, 0x0400), (5.96e-8, 0x0001), (0x1p-24, 0x0001), (0x1p-25, 0x0000),
      (0x1.0000000001p-25, 0x0001), (-0x1p-25, 0x8000), (1e-300, 0x0000), (0.1, 0x2E66),
      (Double.infinity, 0x7C00), (-Double.infinity, 0xFC00), (Double.nan, 0x7E00),
    ] as [(Double, UInt16)])
  func `known doubles have known float16 bits`(value: Double, bits: UInt16) {
    #expect(HalfPrecision.float16(value) == bits)
  }

  @Test(
    arguments: [
      (65504, 0x7BFF), (65519.996, 0x7BFF), (65520, 0x7C00), (5.96e-8, 0x0001),
      (0x1p-25, 0x0000), (0x1.000002p-25, 0x0001), (.infinity, 0x7C00), (.nan, 0x7E00),
    ] as [(Float, UInt16)])
  func `known floats have known float16 bits`(value: Float, bits: UInt16) {
    #expect(HalfPrecision.float16(value) == bits)
  }

  @Test(
    arguments: [
      (0, 0x0000), (-0.0, 0x8000), (1, 0x3F80), (-2, 0xC000), (0.1, 0x3DCD),
      (1.00390625, 0x3F80), (1.01171875, 0x3F82), (3.3895313892515355e38, 0x7F7F),
      (1e39, 0x7F80), (1e300, 0x7F80), (0x1p-133, 0x0001), (0x1p-134, 0x0000),
      (Double.infinity, 0x7F80), (-Double.infinity, 0xFF80), (Double.nan, 0x7FC0),
    ] as [(Double, UInt16)])
  func `known doubles have known bfloat16 bits`(value: Double, bits: UInt16) {
    #expect(HalfPrecision.bfloat16(value) == bits)
  }

  @Test(arguments: ScalarType.allCases)
  func `0 and 1 are stored and read in every type, at any place`(type: ScalarType) throws {
    let storage = try TensorStorage(byteCount: 2 * type.byteCount)
    let stored = storage.fill(0..<storage.byteCount) { span in
      ScalarCoding.store(1, in: &span, at: 0, as: type)
        && ScalarCoding.store(0, in: &span, at: 1, as: type)
    }
    storage.seal()
    #expect(stored)
    #expect(storage.withBytes { ScalarCoding.double(in: $0, at: 0, as: type) } == 1)
    #expect(storage.withBytes { ScalarCoding.double(in: $0, at: 1, as: type) } == 0)
  }

  @Test(
    arguments: [
      (.int8, -128, 127), (.int16, -32768, 32767), (.int32, -2_147_483_648, 2_147_483_647),
      (.uint8, 0, 255), (.uint16, 0, 65535), (.uint32, 0, 4_294_967_295), (.bool, 0, 1),
    ] as [(ScalarType, Double, Double)])
  func `integer types hold their limits and nothing beyond`(
    type: ScalarType, least: Double, greatest: Double
  ) {
    for value in [least, greatest] {
      #expect(ScalarCoding.bitPattern(of: value, as: type) != nil)
    }
    for value in [least - 1, greatest + 1, 0.5, .nan, .infinity, 1e300] {
      #expect(ScalarCoding.bitPattern(of: value, as: type) == nil)
    }
  }

  @Test func `64-bit integer types end at their powers of two`() {
    #expect(ScalarCoding.bitPattern(of: -0x1p63, as: .int64) == 1 << 63)
    #expect(ScalarCoding.bitPattern(of: 0x1p63, as: .int64) == nil)
    #expect(ScalarCoding.bitPattern(of: 0x1p63, as: .uint64) == 1 << 63)
    #expect(ScalarCoding.bitPattern(of: 0x1p64, as: .uint64) == nil)
    #expect(ScalarCoding.bitPattern(of: -1, as: .uint64) == nil)
  }

  @Test func `patterns keep to the low bytes of their type`() {
    #expect(ScalarCoding.bitPattern(of: -1, as: .int8) == 0xFF)
    #expect(ScalarCoding.bitPattern(of: -1, as: .int16) == 0xFFFF)
    #expect(ScalarCoding.bitPattern(of: -1, as: .int32) == 0xFFFF_FFFF)
    #expect(ScalarCoding.bitPattern(of: 1, as: .float32) == 0x3F80_0000)
    #expect(ScalarCoding.bitPattern(of: 1, as: .float64) == 0x3FF0_0000_0000_0000)
  }

  @Test func `a refused value leaves the bytes as they were`() throws {
    let storage = try TensorStorage(byteCount: 1)
    let stored = storage.fill(0..<1) { span in
      ScalarCoding.store(bitPattern: 0xAB, in: &span, at: 0, as: .uint8)
      return ScalarCoding.store(256, in: &span, at: 0, as: .uint8)
    }
    storage.seal()
    #expect(!stored)
    #expect(storage.withBytes { Array($0.data) } == [0xAB])
  }
}
