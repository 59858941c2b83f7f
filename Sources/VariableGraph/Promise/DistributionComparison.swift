internal import RandomSampling
internal import TensorMemory
internal import Tensors

/// Compares one promise with one set of moments.
struct DistributionComparison {
  typealias Finding = DistributionCheck.Finding

  let moments: Moments
  let scalarType: ScalarType
  private(set) var findings: [Finding] = []

  init(moments: Moments, scalarType: ScalarType) {
    self.moments = moments
    self.scalarType = scalarType
  }

  mutating func compare(with promise: ValueDistribution) {
    if moments.notFiniteCount > 0 {
      findings.append(
        Finding(
          quantity: "values that are not finite", promised: 0,
          found: Double(moments.notFiniteCount), score: nil, holds: false))
    }
    guard moments.count > 0 else { return }
    compareBounds(promise.bounds)
    compareMoments(promise, CenteredMoments(moments))
  }

  private mutating func compareBounds(_ bounds: ClosedRange<Double>?) {
    guard let bounds else { return }
    let slack = scalarType.spacing(at: max(abs(bounds.lowerBound), abs(bounds.upperBound))) * 2
    for (name, promised, found, beyond) in [
      ("minimum", bounds.lowerBound, moments.minimum, bounds.lowerBound - moments.minimum),
      ("maximum", bounds.upperBound, moments.maximum, moments.maximum - bounds.upperBound),
    ] {
      findings.append(
        Finding(
          quantity: name, promised: promised, found: found, score: nil, holds: beyond <= slack))
    }
  }

  private mutating func compareMoments(
    _ promise: ValueDistribution, _ centered: CenteredMoments
  ) {
    switch promise {
    case .within: return
    case .constant(let value): compareConstant(value, centered)
    case .sparse(let share, let part):
      guard part.mean != nil, share > 0 else { return }
      compareMoments(part, centered.withoutZeros(keeping: (share * centered.count).rounded()))
    case .orthogonal(let scale, let length):
      compareOrthogonal(abs(scale) / Double(length).squareRoot(), length, centered)
    case .uniform, .normal, .truncatedNormal, .redrawnNormal:
      guard let mean = promise.mean, let deviation = promise.standardDeviation else { return }
      guard deviation > 0, let shape = promise.shape else {
        return compareConstant(mean, centered)
      }
      compareSamples(mean, deviation, shape, centered)
      switch promise {
      case .normal(_, let deviation):
        compareLargest(mean, abs(deviation), centered.count) {
          2 * NormalDistribution.cumulative(-$0)
        }
      case .redrawnNormal(_, let deviation, let draws):
        compareLargest(
          mean, abs(deviation), centered.count, RedrawnNormal(draws: draws).chance(beyond:))
      default: break
      }
    }
  }

  /// Equal values: the bounds of a constant say so; of the part of a sparse value its mean does.
  private mutating func compareConstant(_ value: Double, _ centered: CenteredMoments) {
    let slack = scalarType.spacing(at: value) + abs(value) * 1e-12
    findings.append(
      Finding(
        quantity: "mean", promised: value, found: centered.mean, score: nil,
        holds: abs(centered.mean - value) <= slack))
  }

  private mutating func compareSamples(
    _ mean: Double, _ deviation: Double, _ shape: DistributionShape, _ centered: CenteredMoments
  ) {
    let grid = scalarType.spacing(at: deviation) / deviation
    let powers = centered.powers(about: mean)
    let count = centered.count
    for k in 1...4 {
      let least =
        k == 1
        ? 1
        : (k == 2 ? DistributionCheck.leastCountForVariance : DistributionCheck.leastCountForForm)
      let found = powers[k] / deviation.raised(to: k)
      guard count >= least, found.isFinite, let terms = SampleMean(power: k, of: shape.moments)
      else { continue }
      let distance = found - shape.moments[k]
      let beyondGrid = max(abs(distance) - Self.gridFactors[k] * grid, 0)
      let score = terms.score(
        ofDistance: distance < 0 ? -beyondGrid : beyondGrid, count: count)
      let quantities = Self.quantities(k, mean, deviation, found, shape)
      findings.append(
        Finding(
          quantity: quantities.name, promised: quantities.promised, found: quantities.found,
          score: score, holds: abs(score) <= DistributionCheck.limit))
    }
  }

  /// How far the grid of a dtype can move a power, in spacings of the dtype relative to the deviation.
  ///
  /// Random numbers of b bits are the left ends of 2ᵇ cells, and 2⁻ᵇ is at most the spacing ε at 1: the
  /// mean of xᵏ over a distribution differs from that over the cells by at most
  /// ε · ∫ k |x|ᵏ⁻¹ dx over the values that are reached, |x| < 3.2 for the 10 bits of float16, and by what
  /// lies in the outermost cells. Rounding of results and parameters adds some halves of ε.
  private static let gridFactors = [0, 8.0, 16, 48, 160]

  /// A power of standardized values as people know it.
  private static func quantities(
    _ k: Int, _ mean: Double, _ deviation: Double, _ found: Double, _ shape: DistributionShape
  ) -> (name: String, promised: Double, found: Double) {
    switch k {
    case 1: ("mean", mean, mean + deviation * found)
    case 2: ("standard deviation", deviation, deviation * max(found, 0).squareRoot())
    case 3: ("third moment", shape.moments[3], found)
    default: ("fourth moment", shape.moments[4], found)
    }
  }

  /// The most extreme of n values without bounds: P ≤ n · P(one lies as far out).
  private mutating func compareLargest(
    _ mean: Double, _ deviation: Double, _ count: Double, _ chanceOfOne: (Double) -> Double
  ) {
    let distance = max(mean - moments.minimum, moments.maximum - mean)
    let largest = distance / deviation
    let grid = scalarType.spacing(at: distance) / deviation
    let chance = count * chanceOfOne(max(largest - 2 * grid, 0))
    findings.append(
      Finding(
        quantity: "largest distance from the mean, in deviations,", promised: nil, found: largest,
        score: nil, holds: chance >= DistributionCheck.falseAlarmRate))
  }

  /// The squares of an orthonormal matrix add up to its shorter side, whatever was drawn. The sum of
  /// its elements has the variance that it would have if they were independent.
  private mutating func compareOrthogonal(
    _ deviation: Double, _ length: Int, _ centered: CenteredMoments
  ) {
    guard deviation > 0 else { return compareConstant(0, centered) }
    let powers = centered.powers(about: 0)
    let score = powers[1] / deviation * centered.count.squareRoot()
    findings.append(
      Finding(
        quantity: "mean", promised: 0, found: powers[1], score: score,
        holds: abs(score) <= DistributionCheck.limit))
    // A decomposition loses a few roundings for each step along the longer side.
    let slack =
      (16 + Double(length).squareRoot()) * (scalarType.spacing(at: deviation) / deviation)
    let ratio = powers[2] / (deviation * deviation)
    findings.append(
      Finding(
        quantity: "standard deviation", promised: deviation,
        found: max(powers[2], 0).squareRoot(), score: nil,
        holds: !ratio.isFinite || abs(ratio - 1) <= slack))
  }
}
