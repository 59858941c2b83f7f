internal import TensorMemory

/// The reduced singular value decomposition of a matrix of doubles, by one-sided Jacobi rotations.
///
/// Singular values are sorted from large to small, equal ones in the order of their columns. In each
/// column of u the first of the numbers with the largest magnitude is positive. Where a singular value
/// is 0, the column is completed to an orthonormal basis with the first unit vectors that are far
/// enough from the others.
///
/// - Source: Demmel and Veselić (1992), "Jacobi's method is more accurate than QR".
struct SingularValues {
  /// u and vᵀ row-major, and the singular values.
  let factors: (u: [Double], s: [Double], vt: [Double])

  /// Decomposes a matrix of finite doubles, row-major.
  ///
  /// - Complexity: O(*m n²*) time a sweep for *n* the shorter side, about ten sweeps.
  init(_ matrix: [Double], rows: Int, columns: Int) {
    let isWide = columns > rows
    let (tall, narrow) = isWide ? (columns, rows) : (rows, columns)
    // By columns: a wide matrix is worked on transposed, and its rows are those columns.
    var work = matrix
    if !isWide {
      for j in 0..<narrow { for i in 0..<tall { work[j * tall + i] = matrix[i * columns + j] } }
    }
    let exponent = work.reduce(0) { max($0, $1.magnitude) }.scaleExponent
    work = work.map { Double(sign: .plus, exponent: -exponent, significand: $0) }
    var right = [Double](repeating: 0, count: narrow * narrow)
    for j in 0..<narrow { right[j * narrow + j] = 1 }
    JacobiRotations.orthogonalize(&work, rows: tall, columns: narrow, rotating: &right)
    var columnsOfLeft = OrthonormalColumns(work, rows: tall, columns: narrow)
    columnsOfLeft.complete()

    var (u, v) = (
      columnsOfLeft.sorted(columnsOfLeft.values, rows: tall),
      columnsOfLeft.sorted(right, rows: narrow)
    )
    let (uRows, vRows) = isWide ? (narrow, tall) : (tall, narrow)
    if isWide { swap(&u, &v) }
    for j in 0..<narrow where Self.isNegative(u[j * uRows..<(j + 1) * uRows]) {
      for i in j * uRows..<(j + 1) * uRows { u[i] = -u[i] }
      for i in j * vRows..<(j + 1) * vRows { v[i] = -v[i] }
    }
    var rowsOfU = u
    for j in 0..<narrow { for i in 0..<uRows { rowsOfU[i * narrow + j] = u[j * uRows + i] } }
    factors = (
      rowsOfU,
      columnsOfLeft.order.map {
        Double(sign: .plus, exponent: exponent, significand: columnsOfLeft.norms[$0])
      }, v
    )
  }

  /// True where the first of the numbers with the largest magnitude is negative.
  private static func isNegative(_ column: ArraySlice<Double>) -> Bool {
    var largest = 0.0
    for value in column where value.magnitude > largest.magnitude { largest = value }
    return largest < 0
  }
}

extension Double {
  /// The power of two to divide by, so that squares neither overflow nor vanish.
  fileprivate var scaleExponent: Int { self == 0 ? 0 : Int(exponent) }
}

/// Orthogonal columns, brought to length 1.
private struct OrthonormalColumns {
  /// By columns; columns of length 0 are not set before `complete`.
  private(set) var values: [Double]
  /// The lengths they had.
  private(set) var norms: [Double]
  /// The columns from long to short.
  let order: [Int]
  private let rows: Int

  /// What is shorter, next to elements of about 1, is 0: squares of it would lose digits.
  private static let leastNorm = 0x1p-500

  init(_ columns: [Double], rows: Int, columns count: Int) {
    self.rows = rows
    values = columns
    norms = (0..<count).map { j in
      let norm = JacobiRotations.dot(columns, j * rows, columns, j * rows, count: rows).squareRoot()
      return norm < Self.leastNorm ? 0 : norm
    }
    let lengths = norms
    order = (0..<count).sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    for j in 0..<count where norms[j] > 0 {
      for i in j * rows..<(j + 1) * rows { values[i] /= norms[j] }
    }
  }

  /// Sets the columns of length 0.
  mutating func complete() {
    var known = norms.indices.filter { norms[$0] > 0 }
    for j in norms.indices where norms[j] == 0 {
      let unit = farUnitVector(from: known)
      for i in 0..<rows { values[j * rows + i] = i == unit ? 1 : 0 }
      // Twice is enough: Giraud, Langou, Rozložník and van den Eshof (2005).
      for _ in 0..<2 { for other in known { subtract(other, from: j) } }
      let norm = JacobiRotations.dot(values, j * rows, values, j * rows, count: rows).squareRoot()
      for i in j * rows..<(j + 1) * rows { values[i] /= norm }
      known.append(j)
    }
  }

  /// The columns of another matrix in the order of these, from long to short.
  func sorted(_ columns: [Double], rows: Int) -> [Double] {
    order.flatMap { columns[$0 * rows..<($0 + 1) * rows] }
  }

  /// The first unit vector of which at least half as much is outside the space of the known columns as
  /// of all unit vectors on average.
  private func farUnitVector(from known: [Int]) -> Int {
    let least = Double(rows - known.count) / Double(2 * rows)
    for i in 0..<rows {
      var inside = 0.0
      for j in known { inside += values[j * rows + i] * values[j * rows + i] }
      if 1 - inside >= least { return i }
    }
    preconditionFailure("one is not below the average")
  }

  private mutating func subtract(_ other: Int, from j: Int) {
    let product = JacobiRotations.dot(values, other * rows, values, j * rows, count: rows)
    for i in 0..<rows { values[j * rows + i] -= product * values[other * rows + i] }
  }
}
