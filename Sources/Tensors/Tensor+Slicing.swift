internal import TensorMemory

extension Tensor {
  /// A rank's slice, as a tensor of its own.
  ///
  /// - Throws: `TensorError.Code.axisOutOfBounds`, an error of the memory.
  public func slice(_ slice: RankSlice) throws -> Tensor {
    let runs = try slice.runs(in: shape)
    return try Tensor.gathering(runs, scalarType) { put in try put(self, 0, 0..<runs.count) }
  }

  /// Puts runs together from tensors that have some of them.
  ///
  /// - Parameter body: Gives tensors with the closure that it gets: each with the place of its first element in
  ///   the whole, and the runs that it has. It is not called where there are none.
  package static func gathering(
    _ runs: SliceRuns, _ type: ScalarType,
    _ body: ((Tensor, Int, Range<Int>) throws -> Void) throws -> Void
  ) throws -> Tensor {
    let width = type.byteCount
    let storage = try TensorStorage(byteCount: runs.shape.byteCount(of: type))
    if runs.count > 0 {
      try body { part, start, held in
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
