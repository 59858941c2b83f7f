internal import RandomSampling

/// What the values of a variable are promised to be: a distribution with its parameters put in.
///
/// An initializer promises, and what is made is compared with it:
///
///     func promise(
///       for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
///     ) -> ValueDistribution? {
///       .normal(mean: 0, standardDeviation: 0.02)
///     }
public indirect enum ValueDistribution: Sendable, Hashable {
  /// Every element is this.
  case constant(Double)
  /// Independent samples of U[low, high).
  case uniform(low: Double, high: Double)
  /// Independent samples of N(mean, standardDeviation²).
  case normal(mean: Double, standardDeviation: Double)
  /// Independent samples of that normal between two values; what lies beyond is drawn again.
  case truncatedNormal(mean: Double, standardDeviation: Double, from: Double, to: Double)
  /// Independent samples of that normal, of which a value beyond two deviations is drawn again, `draws`
  /// times in all: Keras on PyTorch then keeps the first, and one value in 230,000 lies beyond.
  case redrawnNormal(mean: Double, standardDeviation: Double, draws: Int)
  /// Elements of scale · Q, Q a random matrix with orthonormal rows or columns, the longer side of which
  /// has `length` elements.
  case orthogonal(scale: Double, length: Int)
  /// A share of the elements, from 0 to 1 and the same in every value, is as the distribution says; the
  /// others are 0.
  case sparse(share: Double, ValueDistribution)
  /// Nothing is promised but the bounds.
  case within(ClosedRange<Double>)

  /// The deviation of the standard normal cut off at ±2, as TensorFlow writes it.
  public static let truncatedDeviation = 0.87962566103423978
}

extension ValueDistribution {
  /// The name, such as `truncated normal`.
  public var name: String {
    switch self {
    case .constant: "constant"
    case .uniform: "uniform"
    case .normal: "normal"
    case .truncatedNormal, .redrawnNormal: "truncated normal"
    case .orthogonal: "orthogonal"
    case .sparse(_, let part): "sparse \(part.name)"
    case .within: "bounded"
    }
  }

  /// The mean; `nil` where only bounds are promised.
  public var mean: Double? {
    switch self {
    case .constant(let value): value
    case .uniform(let low, let high): low + (high - low) / 2
    case .normal(let mean, _), .redrawnNormal(let mean, _, _): mean
    case .truncatedNormal(let mean, let deviation, _, _):
      deviation == 0 ? mean : standardCut.map { mean + abs(deviation) * $0.mean }
    case .orthogonal: 0
    case .sparse(let share, let part): part.mean.map { share * $0 }
    case .within: nil
    }
  }

  /// The standard deviation; `nil` where only bounds are promised.
  public var standardDeviation: Double? {
    switch self {
    case .constant: 0
    case .uniform(let low, let high): abs(high - low) / 12.0.squareRoot()
    case .normal(_, let deviation): abs(deviation)
    case .truncatedNormal(_, let deviation, _, _):
      deviation == 0 ? 0 : standardCut.map { abs(deviation) * $0.standardDeviation }
    case .redrawnNormal(_, let deviation, let draws):
      abs(deviation) * RedrawnNormal(draws: draws).standardDeviation
    case .orthogonal(let scale, let length): abs(scale) / Double(max(length, 1)).squareRoot()
    case .sparse(let share, let part):
      part.mean.flatMap { mean in
        part.standardDeviation.map { deviation in
          (share * deviation * deviation + share * (1 - share) * mean * mean).squareRoot()
        }
      }
    case .within: nil
    }
  }

  /// The bounds that no value passes; `nil` where there are none.
  public var bounds: ClosedRange<Double>? {
    switch self {
    case .constant(let value): value.isNaN ? nil : value...value
    case .uniform(let low, let high):
      low.isNaN || high.isNaN ? nil : min(low, high)...max(low, high)
    case .normal, .redrawnNormal: nil
    case .truncatedNormal(_, _, let lower, let upper): lower <= upper ? lower...upper : nil
    case .orthogonal(let scale, _): scale.isNaN ? nil : -abs(scale)...abs(scale)
    case .sparse(_, let part):
      part.bounds.map { min($0.lowerBound, 0)...max($0.upperBound, 0) }
    case .within(let bounds): bounds
    }
  }

  /// Where a normal is cut off, in deviations from its mean.
  public var truncation: ClosedRange<Double>? {
    if case .redrawnNormal = self { return -2...2 }
    guard case .truncatedNormal(let mean, let deviation, let lower, let upper) = self else {
      return nil
    }
    let (a, b) = ((lower - mean) / abs(deviation), (upper - mean) / abs(deviation))
    return a <= b ? a...b : nil
  }

  /// The skew; `nil` where it is not known.
  public var skew: Double? { shape?.moments[3] }

  /// The excess kurtosis, 0 for a normal; `nil` where it is not known.
  public var excessKurtosis: Double? { shape.map { $0.moments[4] - 3 } }

  /// The probability of a value below `x`; `nil` where it is not known.
  public func cumulative(below x: Double) -> Double? {
    switch self {
    case .constant(let value): return x > value ? 1 : 0
    case .uniform(let low, let high):
      let (low, high) = (min(low, high), max(low, high))
      guard low < high else { return x > low ? 1 : 0 }
      return min(max((x - low) / (high - low), 0), 1)
    case .normal(let mean, let deviation):
      guard deviation != 0 else { return x > mean ? 1 : 0 }
      return NormalDistribution.cumulative((x - mean) / abs(deviation))
    case .truncatedNormal(let mean, let deviation, _, _):
      guard deviation != 0 else { return x > mean ? 1 : 0 }
      return standardCut?.cumulative(below: (x - mean) / abs(deviation))
    case .redrawnNormal(let mean, let deviation, let draws):
      guard deviation != 0 else { return x > mean ? 1 : 0 }
      return RedrawnNormal(draws: draws).cumulative(below: (x - mean) / abs(deviation))
    case .orthogonal(let scale, let length):
      guard scale != 0 else { return x > 0 ? 1 : 0 }
      return SphereCoordinate(length: length).cumulative(below: x / abs(scale))
    case .sparse(let share, let part):
      return part.cumulative(below: x).map { share * $0 + (x > 0 ? 1 - share : 0) }
    case .within: return nil
    }
  }

  /// True where single values have a probability of their own: a histogram has spikes there.
  public var hasAtoms: Bool {
    switch self {
    case .constant, .sparse: true
    case .orthogonal(_, let length): length < 2
    case .uniform, .normal, .truncatedNormal, .redrawnNormal: standardDeviation == 0
    case .within: false
    }
  }

  /// The standard normal between the bounds; `nil` where the parameters make none.
  var standardCut: StandardCut? { truncation.flatMap(StandardCut.init) }

  /// True where every parameter is a finite number.
  var isFinite: Bool {
    switch self {
    case .constant(let value): value.isFinite
    case .uniform(let low, let high): low.isFinite && high.isFinite && (high - low).isFinite
    case .normal(let mean, let deviation): mean.isFinite && deviation.isFinite
    case .redrawnNormal(let mean, let deviation, let draws):
      mean.isFinite && deviation.isFinite && draws > 0
    case .truncatedNormal(let mean, let deviation, let lower, let upper):
      mean.isFinite && deviation.isFinite && lower.isFinite && upper.isFinite
        && (deviation == 0 || standardCut != nil)
    case .orthogonal(let scale, let length): scale.isFinite && length > 0
    case .sparse(let share, let part): share >= 0 && share <= 1 && part.isFinite
    case .within(let bounds): bounds.lowerBound.isFinite && bounds.upperBound.isFinite
    }
  }
}
