internal import TensorMemory

extension Tensor {
  /// A rank's slice, as a tensor of its own.
  ///
  /// - Throws: `TensorError.Code.axisOutOfBounds`, an error of the memory.
  public func slice(_ slice: RankSlice) throws -> Tensor {
    let runs = try slice.runs(in: shape)
    return try Tensor.gathering(runs, scalarType) { range, put in
      try put(self, range.lowerBound, 0..<runs.count)
    }
  }

  /// Puts runs together from tensors that have some of them.
  ///
  /// - Parameter body: Is told all elements from the first run to the last, and gives tensors with `put`:
  ///   each with the place of its first element in the whole, and the runs that it has.
  package static func gathering(
    _ runs: SliceRuns, _ type: ScalarType,
    _ body: (Range<Int>, (Tensor, Int, Range<Int>) throws -> Void) throws -> Void
  ) throws -> Tensor {
    let width = type.byteCount
    let storage = try TensorStorage(byteCount: runs.shape.byteCount(of: type))
    if runs.count > 0 {
      try body(runs.run(0).lowerBound..<runs.run(runs.count - 1).upperBound) { part, start, held in
        let target = held.lowerBound * runs.length * width..<held.upperBound * runs.length * width
        storage.fill(target) { span in
          part.withBytes { bytes in
            BoxCopy([(held.count, runs.step, runs.length), (runs.length, 1, 1)]).copy(
              from: bytes, sourceOffset: runs.run(held.lowerBound).lowerBound - start, to: &span,
              width: width)
          }
        }
      }
    }
    storage.seal()
    return try Tensor(shape: runs.shape, scalarType: type, storage: storage)
  }
}
