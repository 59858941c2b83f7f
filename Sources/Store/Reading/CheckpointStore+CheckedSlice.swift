package import Tensors

extension CheckpointStore {
  /// Compares a rank's slice of a recipe, as it was made, with those of the recipe's digests of which it has
  /// all bytes: each is of a subtree, 64 MiB.
  ///
  /// - Parameter slice: The elements of the runs, one run behind the other.
  /// - Returns: The number of bytes that were compared.
  /// - Throws: `CheckpointError` with the codes `damaged` where the recipe's digests do not give its root,
  ///   `otherValue`.
  package func check(
    _ slice: Tensor, _ runs: SliceRuns, of variable: StoredVariable, in checkpoint: String
  ) throws -> Int {
    let subtrees = try provenTree(of: variable, in: checkpoint).subtrees
    let width = variable.scalarType.byteCount
    var checkedByteCount = 0
    for run in runs.joined {
      let bytes = run.elements.lowerBound * width..<run.elements.upperBound * width
      for number in Chunking.subtrees(inside: bytes, of: variable.byteCount) {
        let subtree = Chunking.range(ofSubtree: number, in: variable.byteCount)
        let found = slice.withBytes { span in
          let start = run.place * width + subtree.lowerBound - bytes.lowerBound
          return DigestTree(
            chunks: (0..<Chunking.count(ofBytes: subtree.count)).map {
              let chunk = Chunking.range(ofChunk: $0, in: subtree.count)
              return Digest(
                of: span.extracting(start + chunk.lowerBound..<start + chunk.upperBound))
            }
          ).subtrees[0]
        }
        guard found == subtrees[number] else {
          throw CheckpointError.otherValue(
            variable.name, elements: subtree.lowerBound / width..<subtree.upperBound / width,
            checkpoint: checkpoint, expected: subtrees[number], found: found)
        }
        checkedByteCount += subtree.count
      }
    }
    return checkedByteCount
  }
}
