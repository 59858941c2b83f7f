internal import TensorMemory

extension Tensor {
  /// Lets `body` change the values, which lie in row-major order.
  ///
  ///     try weights.update(as: Float.self) { values in
  ///       for index in values.indices { values[index] -= 0.1 * gradient[index] }
  ///     }
  ///
  /// They change where they lie, without a copy, if no other tensor shares the bytes. If one does, it
  /// keeps the old values and this tensor gets a copy of its own.
  ///
  /// - Throws: `TensorError.Code.wrongScalarType`, an error of the memory; and what `body` throws, with
  ///   the values as it left them.
  /// - Complexity: O(1), or O(*n*) where the bytes are shared, besides `body`.
  public mutating func update<Scalar: TensorScalar, Result>(
    as type: Scalar.Type, _ body: (inout MutableSpan<Scalar>) throws -> Result
  ) throws -> Result {
    guard type.scalarType == scalarType else {
      throw TensorError.wrongScalarType(found: scalarType, changedAs: type.scalarType)
    }
    return try updateBytes { bytes in try bytes.withElements(of: type, body) }
  }

  /// Lets `body` change the bytes, as `update(as:_:)` does with the values: for every scalar type.
  ///
  /// - Throws: An error of the memory; and what `body` throws, with the bytes as it left them.
  public mutating func updateBytes<Result>(
    _ body: (inout MutableRawSpan) throws -> Result
  ) throws -> Result {
    try TensorStorage.update(&storage, body)
  }
}
