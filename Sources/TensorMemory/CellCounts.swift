internal import CTensorKernels

/// How many values fall into each of some equal cells of a range: a histogram.
///
/// What lies below the range counts in the first cell, what lies above in the last; NaN and infinities
/// count for nothing.
public struct CellCounts: Sendable, Hashable {
  /// The range.
  public let range: ClosedRange<Double>
  /// The number of values in each cell.
  public private(set) var counts: [UInt64]

  /// No values yet.
  ///
  /// - Parameter range: Not empty, with a width that is a finite number.
  /// - Parameter cellCount: 1 or more.
  public init(range: ClosedRange<Double>, cellCount: Int) {
    precondition(
      cellCount > 0 && range.upperBound - range.lowerBound > 0
        && (range.upperBound - range.lowerBound).isFinite, "the cells have a width")
    self.range = range
    counts = [UInt64](repeating: 0, count: cellCount)
  }

  /// The number of values.
  public var total: UInt64 { counts.reduce(0, &+) }

  /// Where cell `index` begins; the end of the last for one more.
  public func edge(_ index: Int) -> Double {
    let width = range.upperBound - range.lowerBound
    return range.lowerBound + width * (Double(index) / Double(counts.count))
  }

  /// Counts the elements in `bytes`; a last, incomplete element is left out.
  public mutating func add(_ bytes: RawSpan, as element: MeasurableElement) {
    let (kernelElement, width) = element.kernel
    let scale = Double(counts.count) / (range.upperBound - range.lowerBound)
    let cellCount = UInt32(counts.count)
    let low = range.lowerBound
    counts.withUnsafeMutableBufferPointer { counts in
      bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress, let cells = counts.baseAddress else { return }
        // `count / width` whole elements lie inside the buffer, aligned as storages and their ranges
        // of elements are; every place is kept inside the cells.
        unsafe nascent_count_cells(
          kernelElement, UInt64(buffer.count / width), base, low, scale, cellCount, cells)
      }
    }
  }
}
