internal import Store
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Looks once at the bytes of a variable: statistics, histogram, picture of the matrix.
struct ReportScanner: ValueScanner {
  private let scalarType: ScalarType
  private(set) var moments = Moments()
  private(set) var cells: CellCounts?
  private(set) var means: CellMeans?

  init(scalarType: ScalarType, cells: CellCounts?, means: CellMeans?) {
    self.scalarType = scalarType
    self.cells = cells
    self.means = means
  }

  mutating func add(_ bytes: RawSpan, at offset: Int) {
    let element = scalarType.measurable
    moments.merge(Moments(of: bytes, as: element))
    cells?.add(bytes, as: element)
    means?.add(bytes, from: offset / scalarType.byteCount, as: element)
  }
}
