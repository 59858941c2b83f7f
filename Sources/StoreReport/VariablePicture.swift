internal import Store
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// What a scan makes of one variable's bytes, in the page's form.
struct VariablePicture: Sendable {
  /// Heights of a histogram and what they stand for.
  struct Heights: Sendable, Hashable {
    /// The share of the values in the highest cell.
    let peak: Double
    /// One byte a cell, in base 64.
    let bytes: String

    init(_ shares: [Double]) {
      peak = shares.max() ?? 0
      bytes = ReportNumber.heights(shares, peak: peak)
    }
  }

  /// A coarse picture of a matrix.
  struct Grid: Sendable {
    let view: MatrixView
    let rows: Int
    let columns: Int
    /// The largest mean of a cell, without its sign.
    let scale: Double
    /// One byte a cell, in base 64.
    let bytes: String
  }

  let name: String
  let moments: Moments
  let check: DistributionCheck
  let fit: GoodnessOfFit?
  let range: ClosedRange<Double>?
  let found: Heights?
  let expected: Heights?
  let grid: Grid?
  let damages: [Damage]

  init(
    _ scanned: ScannedVariable<ReportScanner>, promise: ValueDistribution?, view: MatrixView?
  ) {
    let scanner = scanned.scanner
    let scalarType = scanned.variable.scalarType
    name = scanned.variable.name
    moments = scanner.moments
    damages = scanned.damages
    // Of a damaged value only parts were seen, and of an assigned one nothing is promised.
    let promise = damages.isEmpty && !scanned.variable.isAssigned ? promise : nil
    check = DistributionCheck(promise, of: moments, as: scalarType)
    range = scanner.cells?.range
    let total = Double(scanner.cells?.total ?? 0)
    if let cells = scanner.cells, total > 0 {
      found = Heights(cells.counts.map { Double($0) / total })
      expected = promise.flatMap { Self.expected($0, in: cells) }
      fit = promise.flatMap { GoodnessOfFit(of: cells, with: $0, as: scalarType) }
    } else {
      found = nil
      expected = nil
      fit = nil
    }
    grid = view.flatMap { view in scanner.means.map { Self.grid($0, view) } }
  }

  /// True where a test of the statistics, or of the histogram, found a difference.
  var deviates: Bool { check.verdict == .deviates || fit?.fits == false }

  /// The probability of each cell; what lies outside belongs to the outermost.
  private static func expected(_ promise: ValueDistribution, in cells: CellCounts) -> Heights? {
    let count = cells.counts.count
    var shares: [Double] = []
    var below = 0.0
    for index in 1...count {
      guard let next = index == count ? 1 : promise.cumulative(below: cells.edge(index)) else {
        return nil
      }
      shares.append(max(next - below, 0))
      below = next
    }
    return Heights(shares)
  }

  private static func grid(_ means: CellMeans, _ view: MatrixView) -> Grid {
    let values = means.means
    let scale = values.reduce(0) { max($0, abs($1 ?? 0)) }
    return Grid(
      view: view, rows: means.gridRows, columns: means.gridColumns, scale: scale,
      bytes: ReportNumber.signed(values, scale: scale))
  }
}
