import RandomSampling
import TestSupport
import Testing

struct HouseholderQRTests {
  private func matrix(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(state: seed)
    return (0..<count).map { _ in Double.random(in: -1...1, using: &generator) }
  }

  /// Sizes around the width of a block (32), of the columns and of the rows at work at once (6, 64).
  static let sizes = [
    (1, 1), (5, 5), (7, 1), (31, 31), (32, 32), (33, 33), (40, 6), (64, 32), (65, 63), (150, 70),
  ]

  @Test(arguments: sizes)
  func `every kernel path gives the same bits`(rows: Int, columns: Int) {
    let values = matrix(rows * columns, seed: 3)
    let singles = values.map(Float.init)
    for path in KernelPath.available {
      #expect(
        HouseholderQR.orthonormalFactor(of: values, rows: rows, columns: columns, path: path)
          == HouseholderQR.orthonormalFactor(
            of: values, rows: rows, columns: columns, path: .baseline))
      #expect(
        HouseholderQR.orthonormalFactor(of: singles, rows: rows, columns: columns, path: path)
          == HouseholderQR.orthonormalFactor(
            of: singles, rows: rows, columns: columns, path: .baseline))
    }
  }

  /// ‖qᵀq − I‖ ≤ c·rows·columns·ε and the part of qᵀa below its diagonal ≤ the same times ‖a‖ (Higham,
  /// "Accuracy and stability of numerical algorithms", theorem 19.4, with c = 1 for elements of one
  /// pair of columns: √columns of the norm).
  @Test(arguments: sizes)
  func `columns are orthonormal and r is upper triangular with a positive diagonal`(
    rows: Int, columns: Int
  ) {
    let values = matrix(rows * columns, seed: 4)
    let double = HouseholderQR.orthonormalFactor(of: values, rows: rows, columns: columns)
    let single = HouseholderQR.orthonormalFactor(
      of: values.map(Float.init), rows: rows, columns: columns)
    for (q, epsilon) in [
      (double, Double.ulpOfOne), (single.map(Double.init), Double(Float.ulpOfOne)),
    ] {
      let bound = Double(rows) * Double(columns).squareRoot() * epsilon
      for a in 0..<columns {
        for b in 0..<columns {
          let dot = (0..<rows).reduce(0) { $0 + q[a * rows + $1] * q[b * rows + $1] }
          #expect(abs(dot - (a == b ? 1 : 0)) <= bound, "columns \(a) and \(b)")
          guard a >= b else { continue }
          let r = (0..<rows).reduce(0) { $0 + q[a * rows + $1] * values[$1 * columns + b] }
          if a == b {
            #expect(r > 0)
          } else {
            #expect(abs(r) <= bound * Double(rows).squareRoot(), "r at \(a), \(b)")
          }
        }
      }
    }
  }

  @Test func `a matrix without columns has an empty factor`() {
    #expect(HouseholderQR.orthonormalFactor(of: [Float](), rows: 3, columns: 0).isEmpty)
  }
}
