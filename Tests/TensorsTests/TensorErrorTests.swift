import RandomSampling
import Tensors
import Testing

struct TensorErrorTests {
  @Test func `a tensor is not read as another type`() throws {
    let tensor = try Tensor([1, 2] as [Float], shape: Shape([2]))
    #expect {
      try tensor.array(of: Double.self)
    } throws: { error in
      "\(error)" == """
        Cannot read a float32 tensor as float64: values are never cast silently.
        Read it as float32, or use doubles(), which converts every type.
        """
    }
    #expect(try tensor.doubles() == [1, 2])
  }

  @Test func `a shape of too many axes is refused`() throws {
    #expect(try Shape(Array(repeating: 1, count: 254)).rank == 254)
    #expect {
      try Shape(Array(repeating: 1, count: 255))
    } throws: { error in
      "\(error)" == """
        A shape of 255 axes is refused: TensorFlow, and so Nascent, has at most 254.
        Merge axes.
        """
    }
  }

  @Test func `a range outside is refused`() throws {
    let tensor = try Tensor([1, 2] as [Float], shape: Shape([2]))
    #expect {
      try tensor.slice(elements: 1..<3)
    } throws: { error in
      "\(error)" == """
        Elements 1..<3 reach outside a tensor of 2 elements.
        Ask for a range inside 0..<2.
        """
    }
  }

  @Test func `a digest's text is read strictly`() throws {
    let hex = String(repeating: "0f", count: 32)
    #expect(try Digest(hex: hex).hex == hex)
    #expect {
      try Digest(hex: "0f")
    } throws: { error in
      "\(error)" == """
        "0f" is not a SHA-256 digest: it needs 64 hexadecimal digits.
        Copy the whole digest.
        """
    }
  }

  @Test func `a large tensor is printed with its ends`() throws {
    let values = (0..<80).map { Float($0) }
    let tensor = try Tensor(values, shape: Shape([10, 8]))
    #expect(tensor.description.contains("[0.0, 1.0, 2.0, ..., 5.0, 6.0, 7.0]"))
    #expect(tensor.description.hasPrefix("[[0.0") && tensor.description.hasSuffix("79.0]]"))
  }

  /// All bit patterns: a half is exact as a float, so back and forth changes nothing but NaNs.
  @Test func `every half survives the way through float`() {
    for bits in UInt16.min...UInt16.max {
      let half = HalfPrecision.float(fromFloat16: bits)
      let brain = HalfPrecision.float(fromBFloat16: bits)
      if !half.isNaN { #expect(HalfPrecision.float16(half) == bits) }
      if !brain.isNaN { #expect(HalfPrecision.bfloat16(brain) == bits) }
    }
  }

  #if !(os(macOS) && arch(x86_64))
    @Test func `doubles are rounded to half as Swift's Float16 rounds them`() {
      var state: UInt64 = 1
      for _ in 0..<20_000 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let value = Double(Int64(bitPattern: state)) * 0x1p-48
        #expect(HalfPrecision.float16(value) == Float16(value).bitPattern, "\(value)")
        #expect(HalfPrecision.float16(value * 0x1p-30) == Float16(value * 0x1p-30).bitPattern)
      }
    }
  #endif
}
