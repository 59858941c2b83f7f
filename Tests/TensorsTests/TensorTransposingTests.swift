import TensorMemory
import Tensors
import TestSupport
import Testing

struct TensorTransposingTests {
  @Test func `rows become columns`() throws {
    let tensor = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: Shape([2, 3]))
    let transposed = try tensor.transposed()
    #expect(transposed.shape.dimensions == [3, 2])
    #expect(try transposed.array(of: Float.self) == [1, 4, 2, 5, 3, 6])
  }

  /// A convolution's kernel from output, input, height, width to height, width, input, output.
  @Test func `axes come in the order that is given`() throws {
    let tensor = try Tensor((0..<24).map { Int32($0) }, shape: Shape([2, 3, 2, 2]))
    let transposed = try tensor.transposed(axes: [2, 3, 1, 0])
    #expect(transposed.shape.dimensions == [2, 2, 3, 2])
    #expect(
      try transposed.array(of: Int32.self) == [
        0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23,
      ])
  }

  @Test(arguments: [ScalarType.bool, .float16, .int32, .float64])
  func `the inverse order gives the tensor back`(type: ScalarType) throws {
    var generator = SeededGenerator(state: 11)
    for _ in 0..<60 {
      let rank = Int.random(in: 0...4, using: &generator)
      let shape = try Shape((0..<rank).map { _ in Int.random(in: 0...5, using: &generator) })
      let storage = try TensorStorage(byteCount: shape.byteCount(of: type))
      storage.fill(0..<storage.byteCount) { span in
        for index in 0..<span.byteCount {
          span.store(UInt8.random(in: 0...1, using: &generator), at: index)
        }
      }
      storage.seal()
      let tensor = try Tensor(shape: shape, scalarType: type, storage: storage)
      let axes = (0..<rank).shuffled(using: &generator)
      let inverse = (0..<rank).map { axis in axes.firstIndex(of: axis) ?? 0 }
      let there = try tensor.transposed(axes: axes)
      #expect(there.shape.dimensions == axes.map { shape.dimensions[$0] })
      #expect(try there.transposed(axes: inverse).isIdentical(to: tensor), "\(shape) \(axes)")
    }
  }

  @Test(arguments: [[0], [0, 0], [0, 2], [-1, 0], [0, 1, 2]])
  func `axes that are not the tensor's are refused`(axes: [Int]) throws {
    let tensor = try Tensor([1, 2] as [Float], shape: Shape([1, 2]))
    #expect {
      try tensor.transposed(axes: axes)
    } throws: { error in
      "\(error)" == """
        Cannot transpose a tensor of shape [1, 2] by the axes \(axes).
        Name each of the axes 0..<2 once, in their new order.
        """
    }
  }
}
