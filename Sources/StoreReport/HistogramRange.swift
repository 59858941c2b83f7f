internal import VariableGraph

/// The range that a histogram covers.
///
/// Where a distribution is promised, it is the promise's, so that variables of one declaration have one
/// scale; values that lie far outside widen it.
enum HistogramRange {
  /// The number of cells.
  static let cellCount = 48
  /// So many deviations of a normal are shown; what lies beyond counts in the outermost cells.
  private static let shownDeviations = 4.0
  /// Values beyond so many deviations are no normal's, and are shown where they are.
  private static let credibleDeviations = 6.5

  /// A range for values between `minimum` and `maximum`; `nil` where they have no width.
  static func range(
    of promise: ValueDistribution?, minimum: Double?, maximum: Double?
  ) -> ClosedRange<Double>? {
    let found: ClosedRange<Double>? =
      if let minimum, let maximum, minimum <= maximum { minimum...maximum } else { nil }
    guard let promise, !promise.hasAtoms, let (shown, credible) = expected(promise) else {
      return found.flatMap(usable)
    }
    guard let found else { return usable(shown) }
    return usable(
      min(
        shown.lowerBound, found.lowerBound < credible.lowerBound ? found.lowerBound : .infinity)...max(
          shown.upperBound,
          found.upperBound > credible.upperBound ? found.upperBound : -.infinity))
  }

  private static func expected(
    _ promise: ValueDistribution
  ) -> (shown: ClosedRange<Double>, credible: ClosedRange<Double>)? {
    guard let mean = promise.mean, let deviation = promise.standardDeviation, deviation > 0,
      mean.isFinite, deviation.isFinite
    else { return nil }
    func within(_ count: Double) -> ClosedRange<Double> {
      mean - count * deviation...mean + count * deviation
    }
    let (shown, credible) = (within(shownDeviations), within(credibleDeviations))
    guard let bounds = promise.bounds else { return (shown, credible) }
    // Far bounds, such as those of one element of a large orthogonal matrix, say little.
    let near = max(bounds.lowerBound, shown.lowerBound)...min(bounds.upperBound, shown.upperBound)
    let margin = (near.upperBound - near.lowerBound) / Double(cellCount)
    return (near, near.lowerBound - margin...near.upperBound + margin)
  }

  private static func usable(_ range: ClosedRange<Double>) -> ClosedRange<Double>? {
    let width = range.upperBound - range.lowerBound
    return width.isFinite && width > 0 && (Double(cellCount) / width).isFinite ? range : nil
  }
}
