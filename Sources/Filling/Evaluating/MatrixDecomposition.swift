internal import RandomSampling
internal import TensorMemory
internal import Tensors

/// Decomposes a matrix of doubles, with one order of operations.
struct MatrixDecomposition {
  let rows: Int
  let columns: Int
  /// The dtype of the matrix and of its factors.
  let scalarType: ScalarType

  private var rank: Int { min(rows, columns) }

  /// The factors, row-major.
  ///
  /// - Throws: `EvaluationError.Code.notFinite`, `TensorMemoryError.Code.outOfMemory`.
  func factors(_ factorization: Factorization, of matrix: TensorStorage) throws -> [Tensor] {
    // What the arrays below need together: they end the program where there is no memory.
    _ = try TensorStorage(byteCount: min(matrix.byteCount, Int.max / 8) * 6)
    let values = matrix.withBytes { $0.array(of: Double.self) }
    guard values.allSatisfy(\.isFinite) else { throw EvaluationError.notFinite(factorization) }
    switch factorization {
    case .qr: return try qr(values, matrix)
    case .svd:
      let (u, s, vt) = SingularValues(values, rows: rows, columns: columns).factors
      return [
        try tensor(u, [rows, rank]), try tensor(s, [rank]), try tensor(vt, [rank, columns]),
      ]
    }
  }

  private func qr(_ values: [Double], _ matrix: TensorStorage) throws -> [Tensor] {
    // The first columns alone decide q, where there are more columns than rows.
    let leading =
      columns == rank
      ? values : (0..<rows).flatMap { values[$0 * columns..<$0 * columns + rank] }
    let byColumns: [Double] =
      scalarType == .float64
      ? HouseholderQR.orthonormalFactor(of: leading, rows: rows, columns: rank)
      : HouseholderQR.orthonormalFactor(of: leading.map { Float($0) }, rows: rows, columns: rank)
        .map { Double($0) }
    var byRows = [Double](repeating: 0, count: rows * rank)
    for j in 0..<rank {
      for i in 0..<rows { byRows[i * rank + j] = byColumns[j * rows + i] }
    }
    let q = try tensor(byRows, [rows, rank])
    return [q, try r(of: q, matrix)]
  }

  /// qᵀ · a, of the q that is rounded to the dtype.
  private func r(of q: Tensor, _ matrix: TensorStorage) throws -> Tensor {
    let rounded = try q.doubles()
    var transposed = [Double](repeating: 0, count: rank * rows)
    for i in 0..<rows {
      for j in 0..<rank { transposed[j * rows + i] = rounded[i * rank + j] }
    }
    let left = try storage(of: transposed)
    let product = try TensorStorage(byteCount: rank * columns * 8)
    try product.fill(0..<product.byteCount) { span in
      try left.withBytes { left in
        try matrix.withBytes { a in
          try MatrixProduct.multiply(left, a, inner: rows, columns: columns, to: &span)
        }
      }
    }
    product.seal()
    var values = product.withBytes { $0.array(of: Double.self) }
    for i in 0..<rank {
      for j in 0..<min(i, columns) { values[i * columns + j] = 0 }
    }
    return try tensor(values, [rank, columns])
  }

  private func tensor(_ values: [Double], _ dimensions: [Int]) throws -> Tensor {
    try storage(of: values).rounded(to: scalarType, Shape(dimensions))
  }

  private func storage(of values: [Double]) throws -> TensorStorage {
    let storage = try TensorStorage(byteCount: values.count * 8)
    storage.fill(0..<storage.byteCount) { $0.store(contentsOf: values) }
    storage.seal()
    return storage
  }
}
