internal import CTensorKernels

/// The means over the cells of a grid that is laid over a matrix: a coarse picture of it.
///
/// NaN and infinities count for nothing. Elements come in row-major order; the sums are added in that
/// order, so that the picture does not depend on how they are cut into parts of whole chunks.
public struct CellMeans: Sendable, Hashable {
  /// Rows of the matrix.
  public let rows: Int
  /// Columns of the matrix.
  public let columns: Int
  /// Rows of the grid, no more than the matrix has.
  public let gridRows: Int
  /// Columns of the grid, no more than the matrix has.
  public let gridColumns: Int
  private var sums: [Double]
  private var counts: [UInt64]

  /// A grid of at most `side` rows and columns.
  ///
  /// - Parameter rows: Rows of the matrix, 1 or more.
  /// - Parameter columns: Columns of the matrix, 1 or more.
  /// - Parameter side: The most rows and columns of the grid, 1 or more.
  public init(rows: Int, columns: Int, side: Int) {
    precondition(rows > 0 && columns > 0 && side > 0, "the matrix has elements")
    self.rows = rows
    self.columns = columns
    gridRows = min(rows, side)
    gridColumns = min(columns, side)
    sums = [Double](repeating: 0, count: gridRows * gridColumns)
    counts = [UInt64](repeating: 0, count: gridRows * gridColumns)
  }

  /// The mean of each cell, row by row; `nil` where it has no finite element.
  public var means: [Double?] { zip(sums, counts).map { $1 == 0 ? nil : $0 / Double($1) } }

  /// Adds elements.
  ///
  /// - Parameter bytes: The elements, whole ones.
  /// - Parameter first: The number of the first of them in the matrix; all must lie inside.
  /// - Parameter element: Their type.
  public mutating func add(_ bytes: RawSpan, from first: Int, as element: MeasurableElement) {
    let (kernelElement, width) = element.kernel
    let count = bytes.byteCount / width
    let total = rows.multipliedReportingOverflow(by: columns)
    precondition(
      first >= 0 && !total.overflow && first <= total.partialValue
        && count <= total.partialValue - first, "the elements lie in the matrix")
    let grid = nascent_grid(
      rows: UInt64(rows), columns: UInt64(columns), grid_rows: UInt32(gridRows),
      grid_columns: UInt32(gridColumns))
    sums.withUnsafeMutableBufferPointer { sums in
      counts.withUnsafeMutableBufferPointer { counts in
        bytes.withUnsafeBytes { buffer in
          guard let base = buffer.baseAddress, let sums = sums.baseAddress,
            let counts = counts.baseAddress
          else { return }
          // `count` whole elements lie inside the buffer, aligned as storages are; by the line above
          // every element has a cell of the grid.
          unsafe nascent_sum_cells(
            kernelElement, grid, UInt64(first), UInt64(count), base, sums, counts)
        }
      }
    }
  }
}
