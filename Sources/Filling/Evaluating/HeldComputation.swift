internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Makes a step as a whole, from the held steps that it needs.
struct HeldComputation: Sendable {
  let reader: BoxReader
  let jobCount: Int

  private func node(_ number: Int) -> EvaluationNode { reader.nodes[number] }

  /// The value of a step.
  ///
  /// - Throws: `EvaluationError`, `TensorMemoryError`, `CancellationError`, what an initializer throws.
  func value(of number: Int) async throws -> HeldValue {
    let node = node(number)
    switch node.kind {
    case .norm(let axes, let input):
      return HeldValue(tensors: [try norm(of: input, over: axes, as: node)])
    case .product(let left, let right):
      return HeldValue(tensors: [try await product(left, right, as: node)])
    case .factors(let factorization, let input):
      let matrix = try await doubles(of: input)
      let decomposition = MatrixDecomposition(
        rows: node.dimensions[0], columns: node.dimensions[1], scalarType: node.scalarType)
      return HeldValue(tensors: try decomposition.factors(factorization, of: matrix))
    case .variable(let index):
      let variable = reader.graph.variables[index]
      let storage = try TensorStorage(byteCount: variable.byteCount)
      try storage.fill(0..<variable.byteCount) { span in
        try reader.fill(number, index, 0..<variable.shape.elementCount, into: &span)
      }
      storage.seal()
      return HeldValue(tensors: [
        try Tensor(
          shape: variable.shape, scalarType: variable.scalarType, storage: storage)
      ])
    default:
      let storage = try await filled(number, node.scalarType.byteCount) { range, span in
        try reader.read(number, elements: range, into: &span)
      }
      return HeldValue(tensors: [
        try Tensor(
          shape: Shape(node.dimensions), scalarType: node.scalarType, storage: storage)
      ])
    }
  }

  /// All elements of a step, made in parts on all cores.
  private func filled(
    _ number: Int, _ width: Int,
    _ fill: @escaping @Sendable (Range<Int>, inout MutableRawSpan) throws -> Void
  ) async throws -> TensorStorage {
    let count = node(number).elementCount
    let storage = try TensorStorage(byteCount: checkedByteCount(count, width))
    try await forEachPart(of: count, step: Chunking.chunkByteCount / 8) { part in
      try storage.fill(part.lowerBound * width..<part.upperBound * width) { try fill(part, &$0) }
    }
    storage.seal()
    return storage
  }

  /// The elements of a step as doubles; 64-bit integers are not asked for.
  private func doubles(of number: Int) async throws -> TensorStorage {
    let type = node(number).scalarType
    return try await filled(number, 8) { range, span in
      try withScratch(range.count * type.byteCount) { scratch in
        try reader.read(number, elements: range, into: &scratch)
        _ = ElementKernels.convert(scratch.bytes, as: type.measurable, to: &span, as: .float64)
      }
    }
  }

  private func product(
    _ left: Int, _ right: Int, as node: EvaluationNode
  ) async throws -> Tensor {
    let (rows, columns) = (node.dimensions[0], node.dimensions[1])
    let inner = self.node(left).dimensions[1]
    let a = try await doubles(of: left)
    let b = try await doubles(of: right)
    let width = MemoryLayout<Double>.size
    let made = try TensorStorage(byteCount: checkedByteCount(rows * columns, width))
    if columns > 0 {
      // Blocks of four rows are worked on at once; some blocks for every core.
      let step = max((rows / (jobCount * 4) + 3) / 4 * 4, 4)
      try await forEachPart(of: rows, step: step) { part in
        try made.fill(
          part.lowerBound * columns * width..<part.upperBound * columns * width
        ) { span in
          try a.withBytes { a in
            try b.withBytes { b in
              try MatrixProduct.multiply(
                a.extracting(part.lowerBound * inner * width..<part.upperBound * inner * width), b,
                inner: inner, columns: columns, to: &span)
            }
          }
        }
      }
    }
    made.seal()
    return try made.rounded(to: node.scalarType, Shape(node.dimensions))
  }

  /// One part of the elements after another, so that only the sums are held.
  private func norm(
    of input: Int, over axes: [Int], as node: EvaluationNode
  ) throws -> Tensor {
    let dimensions = self.node(input).dimensions
    let type = self.node(input).scalarType
    let count = self.node(input).elementCount
    let sums = try SquareSums(dimensions: dimensions, over: axes)
    let step = 1 << 16
    for lower in stride(from: 0, to: count, by: step) {
      try Task.checkCancellation()
      let range = lower..<min(lower + step, count)
      try withScratch(range.count * type.byteCount) { scratch in
        try reader.read(input, elements: range, into: &scratch)
        withScratch(range.count * 8) { values in
          _ = ElementKernels.convert(scratch.bytes, as: type.measurable, to: &values, as: .float64)
          sums.add(values.bytes.array(of: Double.self))
        }
      }
    }
    return try sums.roots().rounded(to: node.scalarType, Shape(node.dimensions))
  }

  /// Calls `body` with parts of 0..<count, on as many cores as there may be.
  private func forEachPart(
    of count: Int, step: Int, _ body: @escaping @Sendable (Range<Int>) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      for lower in stride(from: 0, to: count, by: step) {
        if running == jobCount {
          try await group.next()
          running -= 1
        }
        try Task.checkCancellation()
        running += 1
        group.addTask { try body(lower..<min(lower + step, count)) }
      }
      try await group.waitForAll()
    }
  }

  /// What does not fit in 64 bits is more than the system has.
  private func checkedByteCount(_ count: Int, _ width: Int) throws -> Int {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
    return overflow ? Int.max : bytes
  }
}

extension TensorStorage {
  /// A tensor of doubles, each rounded once to the dtype.
  func rounded(to type: ScalarType, _ shape: Shape) throws -> Tensor {
    guard type != .float64 else {
      return try Tensor(shape: shape, scalarType: type, storage: self)
    }
    let storage = try TensorStorage(byteCount: shape.byteCount(of: type))
    withBytes { bytes in
      storage.fill(0..<storage.byteCount) { span in
        _ = ElementKernels.convert(bytes, as: .float64, to: &span, as: type.measurable)
      }
    }
    storage.seal()
    return try Tensor(shape: shape, scalarType: type, storage: storage)
  }
}
