internal import Foundation
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// How far a histogram is from a distribution: the largest distance of the cumulative functions at the
/// edges of its cells, as in the test of Kolmogorov and Smirnov.
struct GoodnessOfFit: Sendable, Hashable {
  /// The largest distance.
  let distance: Double
  /// What it may be.
  let limit: Double
  /// True where the distance is within the limit.
  var fits: Bool { distance <= limit }

  /// A larger distance has this probability, by the bound of Dvoretzky, Kiefer and Wolfowitz with the
  /// constant of Massart (1990): P(D > d) ≤ 2 e^(−2 n d²).
  private static let falseAlarmRate = 1e-6

  /// Compares; `nil` where there is nothing to compare, or single values have a probability of their own.
  init?(of cells: CellCounts, with promise: ValueDistribution, as scalarType: ScalarType) {
    let total = Double(cells.total)
    guard total > 0, !promise.hasAtoms else { return nil }
    var below = 0.0
    var largest = 0.0
    for index in 1..<cells.counts.count {
      below += Double(cells.counts[index - 1])
      guard let expected = promise.cumulative(below: cells.edge(index)) else { return nil }
      largest = max(largest, abs(below / total - expected))
    }
    distance = largest
    limit =
      (log(2 / Self.falseAlarmRate) / (2 * total)).squareRoot() + Self.grid(of: scalarType)
  }

  /// Random numbers of 16 bits lie on a grid, whose steps a cumulative function goes up by; the
  /// rounding of parameters and results moves them by a few halves of its spacing.
  private static func grid(of scalarType: ScalarType) -> Double {
    switch scalarType {
    case .bfloat16: 4 * 0x1p-7
    case .float16: 4 * 0x1p-10
    default: 1e-6
    }
  }
}
