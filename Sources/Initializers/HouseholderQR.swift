/// Householder's QR decomposition with a fixed order of operations.
///
/// - Source: Golub and Van Loan, "Matrix computations", 4th edition, algorithms 5.1.1, 5.2.1, 5.1.6.
enum HouseholderQR {
  /// q · sign(diag r) of a matrix with at least as many rows as columns.
  ///
  /// - Parameter matrix: `rows · columns` values, row-major.
  /// - Returns: The factor by columns: element (i, j) is at j · rows + i.
  static func orthonormalFactor(of matrix: [Double], rows: Int, columns: Int) -> [Double] {
    var a = [Double](repeating: 0, count: rows * columns)
    for i in 0..<rows {
      for j in 0..<columns { a[j * rows + i] = matrix[i * columns + j] }
    }
    var betas = [Double](repeating: 0, count: columns)
    var signs = [Double](repeating: 0, count: columns)
    // The reflector at work, apart from the matrix that it is applied to.
    var v = [Double](repeating: 0, count: rows)
    for k in 0..<columns {
      betas[k] = reflect(&a, column: k, rows: rows, sign: &signs[k])
      load(&v, from: a, column: k)
      for j in k + 1..<max(columns, k + 1) { apply(v, from: k, beta: betas[k], to: &a, column: j) }
    }
    // q = H₀ H₁ … applied to the first columns of the unit matrix, last reflector first.
    var q = [Double](repeating: 0, count: rows * columns)
    for j in 0..<columns { q[j * rows + j] = 1 }
    for k in (0..<columns).reversed() {
      load(&v, from: a, column: k)
      for j in k..<columns { apply(v, from: k, beta: betas[k], to: &q, column: j) }
    }
    for j in 0..<columns {
      for i in 0..<rows { q[j * rows + i] *= signs[j] }
    }
    return q
  }

  /// Turns column k below the diagonal into the reflector that clears it; its first element is 1.
  ///
  /// - Parameter sign: The sign of r's diagonal element; 0 where that is 0.
  /// - Returns: β of H = I − β v vᵀ.
  private static func reflect(
    _ a: inout [Double], column k: Int, rows: Int, sign: inout Double
  ) -> Double {
    let base = k * rows
    let head = a[base + k]
    var tail = 0.0
    for i in k + 1..<max(rows, k + 1) { tail += a[base + i] * a[base + i] }
    guard tail > 0 else {
      sign = head > 0 ? 1 : (head < 0 ? -1 : 0)
      return 0
    }
    let norm = (head * head + tail).squareRoot()
    // LAPACK's choice of sign: r's diagonal element is opposite to the head, without cancellation.
    let diagonal = head >= 0 ? -norm : norm
    let first = head - diagonal
    for i in k + 1..<max(rows, k + 1) { a[base + i] /= first }
    a[base + k] = diagonal
    sign = diagonal > 0 ? 1 : -1
    return -first / diagonal
  }

  /// Copies the reflector that column k keeps below its diagonal.
  private static func load(_ v: inout [Double], from a: [Double], column k: Int) {
    let base = k * v.count
    v[k] = 1
    for i in k + 1..<max(v.count, k + 1) { v[i] = a[base + i] }
  }

  /// column ← (I − β v vᵀ) · column, for a v whose elements before k are 0.
  private static func apply(
    _ v: [Double], from k: Int, beta: Double, to matrix: inout [Double], column: Int
  ) {
    guard beta != 0 else { return }
    let base = column * v.count
    var product = 0.0
    for i in k..<v.count { product += v[i] * matrix[base + i] }
    product *= beta
    for i in k..<v.count { matrix[base + i] -= product * v[i] }
  }
}
