public import TensorMemory

extension Tensor {
  /// Count, mean, spread, form and extremes of the elements.
  ///
  /// Chunk by chunk and merged in order, as a store has them.
  ///
  /// - Complexity: O(*n*).
  public var moments: Moments {
    withBytes { bytes in
      var moments = Moments()
      for number in 0..<Chunking.count(ofBytes: bytes.byteCount) {
        let range = Chunking.range(ofChunk: number, in: bytes.byteCount)
        moments.merge(Moments(of: bytes.extracting(range), as: scalarType.measurable))
      }
      return moments
    }
  }
}
