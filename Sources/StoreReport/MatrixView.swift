internal import Tensors

/// A tensor looked at as a matrix: leading axes are rows, the others columns.
struct MatrixView: Sendable, Hashable {
  let rows: Int
  let columns: Int
  /// How many axes are rows.
  let rowAxisCount: Int

  /// The view that is nearest to a square; `nil` for scalars, vectors and tensors without elements.
  init?(of shape: Shape) {
    guard shape.rank > 1, shape.elementCount > 0 else { return nil }
    var best: (ratio: Double, view: MatrixView)?
    var rows = 1
    for count in 1..<shape.rank {
      rows *= shape.dimensions[count - 1]
      let columns = shape.elementCount / rows
      let ratio = Double(max(rows, columns)) / Double(min(rows, columns))
      if ratio < best?.ratio ?? .infinity {
        best = (ratio, MatrixView(rows: rows, columns: columns, rowAxisCount: count))
      }
    }
    guard let best else { return nil }
    self = best.view
  }

  private init(rows: Int, columns: Int, rowAxisCount: Int) {
    self.rows = rows
    self.columns = columns
    self.rowAxisCount = rowAxisCount
  }
}
