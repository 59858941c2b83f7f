internal import TensorMemory

extension Tensor {
  /// The same elements with the axes in another order: axis *i* of the result is axis `axes[i]` of this
  /// tensor.
  ///
  /// - Parameter axes: All axes in their new order; reversed unless said otherwise.
  /// - Throws: `TensorError.Code.wrongAxes`; an error of the memory.
  /// - Complexity: O(*n* · rank).
  public func transposed(axes: [Int]? = nil) throws -> Tensor {
    let axes = axes ?? Array((0..<shape.rank).reversed())
    let transposedShape = try shape.transposed(axes: axes)
    let storage = try TensorStorage(byteCount: byteCount)
    storage.fill(0..<byteCount) { target in
      withBytes { source in
        switch scalarType.byteCount {
        case 1: copy(source, to: &target, by: axes, as: UInt8.self)
        case 2: copy(source, to: &target, by: axes, as: UInt16.self)
        case 4: copy(source, to: &target, by: axes, as: UInt32.self)
        default: copy(source, to: &target, by: axes, as: UInt64.self)
        }
      }
    }
    storage.seal()
    return try Tensor(shape: transposedShape, scalarType: scalarType, storage: storage)
  }

  /// Walks over the result in row-major order and, beside it, over the source.
  private func copy<Word: FixedWidthInteger & BitwiseCopyable>(
    _ source: RawSpan, to target: inout MutableRawSpan, by axes: [Int], as type: Word.Type
  ) {
    let width = MemoryLayout<Word>.size
    let sourceStrides = shape.strides
    let strides = axes.map { sourceStrides[$0] }
    let sizes = axes.map { shape.dimensions[$0] }
    var place = [Int](repeating: 0, count: axes.count)
    var from = 0
    for to in 0..<shape.elementCount {
      target.store(source.value(at: from * width, as: type), at: to * width)
      var axis = axes.count - 1
      while axis >= 0 {
        place[axis] += 1
        from += strides[axis]
        if place[axis] < sizes[axis] { break }
        from -= strides[axis] * sizes[axis]
        place[axis] = 0
        axis -= 1
      }
    }
  }
}

extension Shape {
  /// The shape with its axes in another order: axis *i* of the result is axis `axes[i]` of this one.
  ///
  /// - Throws: `TensorError.Code.wrongAxes`.
  public func transposed(axes: [Int]) throws -> Shape {
    guard axes.sorted() == Array(0..<rank) else { throw TensorError.wrongAxes(axes, self) }
    return try Shape(axes.map { dimensions[$0] })
  }

  /// How many elements apart the neighbours along each axis lie, in row-major order.
  fileprivate var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * max(dimensions[axis + 1], 1)
    }
    return strides
  }
}
