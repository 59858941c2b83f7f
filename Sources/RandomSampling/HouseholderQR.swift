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
  /// - Parameter rows: At least as many as columns.
  /// - Parameter columns: 0 or more.
  /// - Parameter path: The instructions to use; it changes no bit.
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

  private static func factor<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    of matrix: [Scalar], _ rows: Int, _ columns: Int, _ kernel: Kernel<Scalar>
  ) -> [Scalar] {
    precondition(rows >= columns && columns >= 0, "at least as many rows as columns")
    precondition(matrix.count == rows * columns, "a value for each element")
    guard columns > 0 else { return [] }
    let stride = Int(nascent_orthonormal_stride(UInt64(rows)))
    let workspaceCount = Int(nascent_orthonormal_workspace(UInt64(rows), UInt64(columns)))
    // Three parts of one piece of memory: the matrix by columns, the factor, the workspace. The kernel
    // reads nothing that was not written.
    let size = stride * columns
    let memory = UnsafeMutablePointer<Scalar>.allocate(capacity: 2 * size + workspaceCount)
    defer { unsafe memory.deallocate() }
    transpose(matrix, rows, columns, into: memory, stride)
    unsafe kernel(memory, memory + size, memory + 2 * size)
    return [Scalar](unsafeUninitializedCapacity: rows * columns) { compact, count in
      for j in 0..<columns {
        let column = unsafe UnsafeBufferPointer(start: memory + size + j * stride, count: rows)
        _ = unsafe compact[(j * rows)...].initialize(fromContentsOf: column)
      }
      count = rows * columns
    }
  }

  /// In tiles, so that neither side leaves the cache.
  private static func transpose<Scalar>(
    _ matrix: [Scalar], _ rows: Int, _ columns: Int, into target: UnsafeMutablePointer<Scalar>,
    _ stride: Int
  ) {
    let tile = 32
    for top in Swift.stride(from: 0, to: rows, by: tile) {
      for left in Swift.stride(from: 0, to: columns, by: tile) {
        for j in left..<min(left + tile, columns) {
          for i in top..<min(top + tile, rows) {
            (target + j * stride + i).initialize(to: matrix[i * columns + j])
          }
        }
      }
    }
  }
}
