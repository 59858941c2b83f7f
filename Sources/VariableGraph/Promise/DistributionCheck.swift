internal import RandomSampling
public import TensorMemory
public import Tensors

/// The comparison of made values with what their initializer promises.
///
/// Values that are not finite and values beyond promised bounds are never by chance. For the others
/// there are five tests: the means of the first four powers of the standardized values, and the largest
/// distance from the mean where there are no bounds. Each has a probability of a false alarm below 2 · 10⁻⁷, all together below
/// 10⁻⁶ a variable. What the dtype rounds, and the grid of its random numbers, is allowed for.
public struct DistributionCheck: Sendable {
  /// One thing that was compared.
  public struct Finding: Sendable, Hashable {
    /// What was compared, such as `mean`.
    public let quantity: String
    /// What is promised; `nil` where a text says it.
    public let promised: Double?
    /// What was found.
    public let found: Double
    /// The distance in standard errors, as of a normal; `nil` where nothing is left to chance.
    public let score: Double?
    /// True where it is as promised.
    public let holds: Bool

    /// The comparison in words.
    public var description: String {
      var text = "\(quantity) \(Float(found))"
      if let promised { text += " where \(Float(promised)) is promised" }
      if let score {
        text += " (z = \(Float((score * 10).rounded() / 10)), limit \(DistributionCheck.limit))"
      }
      return text
    }
  }

  /// The answer.
  public let verdict: DistributionVerdict
  /// What was compared, in order.
  public let findings: [Finding]

  /// Why values deviate: the findings that do not hold.
  public var reason: String? {
    let broken = findings.filter { !$0.holds }
    return broken.isEmpty ? nil : broken.map(\.description).joined(separator: "; ")
  }

  /// Beyond this many standard errors lies 2 · 10⁻⁷ of a normal, both tails together.
  public static let limit = 5.2
  /// The probability of a false alarm of each test.
  static let falseAlarmRate = 2e-7
  /// Sums of squares of fewer values are too far from a gamma distribution to be judged.
  static let leastCountForVariance = 64.0
  /// The same for third and fourth powers.
  static let leastCountForForm = 2048.0

  /// Compares.
  ///
  /// - Parameter promise: What is promised; `nil` for nothing.
  public init(_ promise: ValueDistribution?, of moments: Moments, as scalarType: ScalarType) {
    guard let promise, promise.isFinite, moments.count + moments.notFiniteCount > 0 else {
      verdict = .notChecked
      findings = []
      return
    }
    var comparison = Comparison(moments: moments, scalarType: scalarType)
    comparison.compare(with: promise)
    findings = comparison.findings
    verdict = findings.allSatisfy(\.holds) ? .fits : .deviates
  }
}

/// Compares one promise with one set of moments.
private struct Comparison {
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

/// The means of the powers of values, about any centre.
private struct CenteredMoments {
  let count: Double
  let mean: Double
  /// The means of (x − mean)ᵏ for k = 0…4.
  private let central: [Double]

  init(_ moments: Moments) {
    count = Double(moments.count)
    mean = moments.mean
    central = [
      1, 0, moments.squaredDeviations / count, moments.cubedDeviations / count,
      moments.fourthDeviations / count,
    ]
  }

  private init(count: Double, mean: Double, central: [Double]) {
    self.count = count
    self.mean = mean
    self.central = central
  }

  /// The means of (x − center)ᵏ for k = 0…4.
  func powers(about center: Double) -> [Double] {
    let d = mean - center
    return [
      1, d, central[2] + d * d, central[3] + 3 * d * central[2] + d * d * d,
      central[4] + 4 * d * central[3] + 6 * d * d * central[2] + d * d * d * d,
    ]
  }

  /// The moments of `kept` of the values, where all others are 0.
  func withoutZeros(keeping kept: Double) -> CenteredMoments {
    guard kept > 0 else { return self }
    let raw = powers(about: 0).map { $0 * count / kept }
    let m = raw[1]
    return CenteredMoments(
      count: kept, mean: m,
      central: [
        1, 0, raw[2] - m * m, raw[3] - 3 * m * raw[2] + 2 * m * m * m,
        raw[4] - 4 * m * raw[3] + 6 * m * m * raw[2] - 3 * m * m * m * m,
      ])
  }
}

extension ScalarType {
  /// An upper bound on the distance of neighbouring numbers at a magnitude; 0 for integers.
  fileprivate func spacing(at magnitude: Double) -> Double {
    // 2^(1 − p) of the significand's p bits, and the smallest number above 0.
    let (relative, least): (Double, Double) =
      switch self {
      case .float16: (0x1p-10, 0x1p-24)
      case .bfloat16: (0x1p-7, 0x1p-133)
      case .float32: (0x1p-23, 0x1p-149)
      case .float64: (0x1p-52, 0x1p-1074)
      default: (0, 0)
      }
    return abs(magnitude) * relative + least
  }
}
