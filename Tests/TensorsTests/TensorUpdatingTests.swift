import TensorMemory
import Tensors
import Testing

struct TensorUpdatingTests {
  private struct Stop: Error {}

  @Test func `the only holder changes values where they lie`() throws {
    var tensor = try Tensor([1, 2, 3] as [Float], shape: .vector(3))
    let before = ObjectIdentifier(tensor.storage)
    let sum = try tensor.update(as: Float.self) { values in
      for index in values.indices { values[index] *= 2 }
      return values[0] + values[1] + values[2]
    }
    #expect(sum == 12)
    #expect(try tensor.array(of: Float.self) == [2, 4, 6])
    #expect(ObjectIdentifier(tensor.storage) == before)
  }

  @Test func `another holder keeps the values that it has`() throws {
    var tensor = try Tensor([1, 2, 3] as [Float], shape: .vector(3))
    let other = tensor
    try tensor.update(as: Float.self) { $0[1] = 9 }
    #expect(try tensor.array(of: Float.self) == [1, 9, 3])
    #expect(try other.array(of: Float.self) == [1, 2, 3])
  }

  @Test func `bytes of any type can change`() throws {
    let storage = try TensorStorage(byteCount: 2)
    storage.fill(0..<2) { $0.store(0 as UInt16, at: 0) }
    storage.seal()
    var tensor = try Tensor(shape: .vector(1), scalarType: .bfloat16, storage: storage)
    try tensor.updateBytes { $0.store(0x3F80 as UInt16, at: 0) }
    #expect(try tensor.doubles() == [1])
  }

  @Test func `a tensor without elements has nothing to change`() throws {
    var tensor = try Tensor([] as [Double], shape: Shape([0, 3]))
    #expect(try tensor.update(as: Double.self) { $0.count } == 0)
  }

  @Test func `an update that throws leaves what it did`() throws {
    var tensor = try Tensor([1, 2] as [Int32], shape: .vector(2))
    #expect(throws: Stop.self) {
      try tensor.update(as: Int32.self) { values in
        values[0] = 7
        throw Stop()
      }
    }
    #expect(try tensor.array(of: Int32.self) == [7, 2])
  }

  @Test func `another type is refused`() throws {
    var tensor = try Tensor([1] as [Double], shape: .vector(1))
    #expect {
      try tensor.update(as: Float.self) { $0[0] = 2 }
    } throws: { error in
      "\(error)" == """
        Cannot change a float64 tensor as float32: values are never cast silently.
        Change it as float64; one of float16, bfloat16 or bool as bytes.
        """
    }
    #expect(try tensor.array(of: Double.self) == [1])
  }
}
