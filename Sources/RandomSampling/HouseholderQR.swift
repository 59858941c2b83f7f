internal import CTensorKernels

/// Householder's QR decomposition in blocks, with a fixed order of operations: the same bits on every
/// kernel path.
///
/// - Source: Golub and Van Loan, "Matrix computations", 4th edition, algorithms 5.1.1, 5.2.3, 5.1.6;
///   Schreiber and Van Loan (1989), "A storage-efficient WY representation for products of Householder
///   transformations".
public enum HouseholderQR {
  /// q · sign(diag r) of a matrix with at least as many rows as columns, in float32 with dots in double.
  ///
  /// - Parameter matrix: `rows · columns` values, row-major.
  /// - Returns: The factor by columns: element (i, j) is at j · rows + i.
  /// - Complexity: O(rows · columns²) time; 2 · rows · columns values of memory besides the result.
  public static func orthonormalFactor(
    of matrix: [Float], rows: Int, columns: Int, path: KernelPath = .best
  ) -> [Float] {
    factor(of: matrix, rows, columns) {
      unsafe nascent_orthonormal_f32(
        path.kernel, UInt64(rows), UInt64(columns), $0, $1, $2)
    }
  }

  /// The same in float64.
  public static func orthonormalFactor(
    of matrix: [Double], rows: Int, columns: Int, path: KernelPath = .best
  ) -> [Double] {
    factor(of: matrix, rows, columns) {
      unsafe nascent_orthonormal_f64(
        path.kernel, UInt64(rows), UInt64(columns), $0, $1, $2)
    }
  }

  private typealias Kernel<Scalar> = (
    UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>
  ) -> Void

  private static func factor<Scalar: BinaryFloatingPoint>(
    of matrix: [Scalar], _ rows: Int, _ columns: Int, _ kernel: Kernel<Scalar>
  ) -> [Scalar] {
    precondition(rows >= columns && columns >= 0, "at least as many rows as columns")
    precondition(matrix.count == rows * columns, "a value for each element")
    guard columns > 0 else { return [] }
    let stride = Int(nascent_orthonormal_stride(UInt64(rows)))
    let workspaceCount = Int(nascent_orthonormal_workspace(UInt64(rows), UInt64(columns)))
    var work = [Scalar](repeating: 0, count: stride * columns)
    var q = [Scalar](repeating: 0, count: stride * columns)
    var workspace = [Scalar](repeating: 0, count: workspaceCount)
    transpose(matrix, rows, columns, into: &work, stride)
    unsafe kernel(&work, &q, &workspace)
    var compact = [Scalar](repeating: 0, count: rows * columns)
    for j in 0..<columns {
      for i in 0..<rows { compact[j * rows + i] = q[j * stride + i] }
    }
    return compact
  }

  /// In tiles, so that neither side leaves the cache.
  private static func transpose<Scalar>(
    _ matrix: [Scalar], _ rows: Int, _ columns: Int, into target: inout [Scalar], _ stride: Int
  ) {
    let tile = 32
    for top in Swift.stride(from: 0, to: rows, by: tile) {
      for left in Swift.stride(from: 0, to: columns, by: tile) {
        for j in left..<min(left + tile, columns) {
          for i in top..<min(top + tile, rows) { target[j * stride + i] = matrix[i * columns + j] }
        }
      }
    }
  }
}
