import RandomSampling
import TensorMemory
import Testing

struct ElementKernelsTests {
  private func bytes<Scalar: BitwiseCopyable>(_ values: [Scalar]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: values.count * MemoryLayout<Scalar>.size)
    bytes.withMutableRawSpan { $0.store(contentsOf: values) }
    return bytes
  }

  private func convert<Source: BitwiseCopyable, Target: BitwiseCopyable>(
    _ values: [Source], _ source: MeasurableElement, to target: MeasurableElement,
    as type: Target.Type
  ) -> (values: [Target], failure: Int?) {
    var made = [UInt8](repeating: 0, count: values.count * MemoryLayout<Target>.size)
    let failure = made.withMutableRawSpan { made in
      bytes(values).withRawSpan {
        ElementKernels.convert($0, as: source, to: &made, as: target)
      }
    }
    return (made.withRawSpan { $0.array(of: type) }, failure)
  }

  @Test func `every product and sum of two bytes wraps`() {
    let all = (0..<65536).map { (UInt8($0 >> 8), UInt8($0 & 255)) }
    for (combination, expected) in [
      (ElementKernels.Combination.add, all.map { $0 &+ $1 }),
      (.subtract, all.map { $0 &- $1 }), (.multiply, all.map { $0 &* $1 }),
    ] {
      for element in [MeasurableElement.uint8, .int8] {
        var values = all.map(\.0)
        values.withMutableRawSpan { values in
          all.map(\.1).withRawSpan {
            ElementKernels.combine(&values, combination, $0, as: element)
          }
        }
        #expect(values == expected)
      }
    }
  }

  @Test func `every number of 16 bits is rooted and scaled with one rounding`() {
    let all = (0...UInt16.max).map(\.self)
    for (element, load, store) in [
      (
        MeasurableElement.float16, HalfPrecision.float(fromFloat16:),
        HalfPrecision.float16(_:) as (Double) -> UInt16
      ), (.bfloat16, HalfPrecision.float(fromBFloat16:), HalfPrecision.bfloat16(_:)),
    ] {
      func check(_ body: (inout MutableRawSpan) -> Void, _ expected: (Double) -> Double) {
        var found = bytes(all)
        found.withMutableRawSpan(body)
        let patterns = found.withRawSpan { $0.array(of: UInt16.self) }
        // One rounding from the double, which is exact or nearly so: Figueroa (1995), "When is double
        // rounding innocuous?"
        let wanted = all.map { bits -> UInt16 in
          let value = expected(Double(load(bits)))
          return store(value.isNaN ? Double.nan : value)
        }
        #expect(patterns == wanted)
      }
      check({ ElementKernels.squareRoot(&$0, as: element) }, { $0.squareRoot() })
      let factor = Double(load(store(0.3)))
      check({ ElementKernels.scale(&$0, by: 0.3, as: element) }, { $0 * factor })
    }
  }

  @Test func `numbers at the edges of an integer type are converted, those beyond are not`() {
    let edges = convert(
      [-128.9, 127.9, -0.9, .zero], .float64, to: .int8, as: Int8.self)
    #expect(edges.values == [-128, 127, 0, 0] && edges.failure == nil)
    for beyond in [-129, 128, .nan, .infinity] as [Double] {
      #expect(convert([0, beyond], .float64, to: .int8, as: Int8.self).failure == 1)
    }
    let wide = convert(
      [-0x1p63, 0x1.fffffffffffffp62], .float64, to: .int64, as: Int64.self)
    #expect(wide.values == [.min, 0x7fff_ffff_ffff_fc00] && wide.failure == nil)
    #expect(convert([0x1p63], .float64, to: .int64, as: Int64.self).failure == 0)
    #expect(convert([0x1p64], .float64, to: .uint64, as: UInt64.self).failure == 0)
    #expect(convert([-1.0], .float64, to: .uint64, as: UInt64.self).failure == 0)
    #expect(convert([0x1p63], .float64, to: .uint64, as: UInt64.self).values == [1 << 63])
  }

  @Test func `integers keep their low bits, and are rounded once to 32 and 64 bits`() {
    #expect(convert([300, -1] as [Int32], .int32, to: .uint8, as: UInt8.self).values == [44, 255])
    #expect(convert([-1] as [Int8], .int8, to: .uint64, as: UInt64.self).values == [.max])
    #expect(convert([UInt64.max], .uint64, to: .float32, as: Float.self).values == [0x1p64])
    #expect(
      convert([(1 << 53) + 1] as [Int64], .int64, to: .float64, as: Double.self).values == [0x1p53])
    // 2⁵⁴ + 2³⁰ + 1 is above the middle of two floats: by way of a double it would be rounded to even.
    #expect(
      convert([(1 << 54) + (1 << 30) + 1] as [Int64], .int64, to: .float32, as: Float.self).values
        == [Float(0x1p54).nextUp])
  }
}
