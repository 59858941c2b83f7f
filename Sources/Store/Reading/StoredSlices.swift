internal import GRDB
public import Tensors

extension CheckpointStore {
  /// A rank's slice of a tensor whose bytes are stored; only chunks that hold some of it are read, and checked.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `damaged`; `TensorError.Code.axisOutOfBounds`.
  /// - Complexity: O(*n*) memory, *n* the slice's bytes, and some megabytes beside.
  public func storedSlice(
    of name: String, _ slice: RankSlice, in checkpoint: String = "initial"
  ) throws -> Tensor {
    try read { db in
      let variable = try variable(name, in: checkpoint, db)
      let runs = try slice.runs(in: variable.shape)
      if let range = runs.single {
        let tensor = try tensor(of: variable, elements: range, checkpoint: checkpoint, db)
        return try Tensor(
          shape: runs.shape, scalarType: variable.scalarType, storage: tensor.storage)
      }
      let stepByteCount = max(runs.step * variable.scalarType.byteCount, 1)
      let groupCount = max(Self.readByteCount / stepByteCount, 1)
      return try Tensor.gathering(runs, variable.scalarType) { put in
        for first in stride(from: 0, to: runs.count, by: groupCount) {
          let held = first..<min(first + groupCount, runs.count)
          let elements = runs.run(first).lowerBound..<runs.run(held.upperBound - 1).upperBound
          let part = try tensor(of: variable, elements: elements, checkpoint: checkpoint, db)
          try put(part, elements.lowerBound, held)
        }
      }
    }
  }

  /// How much is read at once of runs that are near each other.
  private static let readByteCount = 16 << 20
}
