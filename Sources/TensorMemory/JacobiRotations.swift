internal import CTensorKernels

/// One-sided Jacobi rotations on matrices of doubles that are kept by columns.
public enum JacobiRotations {
  /// Makes the columns of a matrix orthogonal by rotations of pairs, and rotates those of `right` with
  /// them: matrix · rightᵀ stays what it was.
  ///
  /// - Parameter matrix: `columns` columns of `rows` doubles, at least as many rows as columns.
  /// - Parameter rows: At least as many as columns.
  /// - Parameter columns: 0 or more.
  /// - Parameter right: A square matrix of `columns` columns.
  /// - Complexity: O(rows · columns²) time a sweep, about ten sweeps, 60 at most.
  public static func orthogonalize(
    _ matrix: inout [Double], rows: Int, columns: Int, rotating right: inout [Double]
  ) {
    precondition(
      rows >= columns && matrix.count == rows * columns && right.count == columns * columns,
      "matrices of these sizes, not wider than high")
    guard columns > 0 else { return }
    matrix.withUnsafeMutableBufferPointer { matrix in
      right.withUnsafeMutableBufferPointer { right in
        guard let a = matrix.baseAddress, let v = right.baseAddress else { return }
        // The sizes are those of the precondition.
        unsafe nascent_orthogonalize(UInt64(rows), UInt64(columns), a, v)
      }
    }
  }

  /// Σ a[i] · b[i] over a part of two arrays: eight interleaved sums, added in a tree.
  public static func dot(
    _ a: [Double], _ aStart: Int, _ b: [Double], _ bStart: Int, count: Int
  ) -> Double {
    precondition(
      count >= 0 && aStart >= 0 && bStart >= 0 && aStart <= a.count - count
        && bStart <= b.count - count, "parts of the arrays")
    return a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let left = a.baseAddress, let right = b.baseAddress else { return 0 }
        // `count` doubles lie behind both, by the precondition.
        return unsafe nascent_dot(UInt64(count), left + aStart, right + bStart)
      }
    }
  }
}
