internal import RandomSampling
internal import Tensors
public import VariableGraph

/// What an initializer draws: a distribution with its parameters put in.
public enum SampledDistribution: Sendable, Hashable {
  /// One value.
  case constant(Double)
  /// U[low, high).
  case uniform(low: Double, high: Double)
  /// N(mean, standardDeviation²).
  case normal(mean: Double, standardDeviation: Double)
  /// The same normal without what lies beyond two deviations from the mean.
  case truncatedNormal(mean: Double, standardDeviation: Double)

  /// U[−limit, limit).
  static func uniform(limit: Double) -> SampledDistribution { .uniform(low: -limit, high: limit) }

  /// N(0, standardDeviation²).
  static func normal(_ standardDeviation: Double) -> SampledDistribution {
    .normal(mean: 0, standardDeviation: standardDeviation)
  }

  /// The distribution of the samples in a dialect.
  ///
  /// Of a truncated normal Keras on PyTorch draws four values and takes the first that is inside, or the
  /// first of all where none is.
  public func values(in dialect: Dialect) -> ValueDistribution {
    switch self {
    case .constant(let value): .constant(value)
    case .uniform(let low, let high): .uniform(low: low, high: high)
    case .normal(let mean, let deviation):
      .normal(mean: mean, standardDeviation: deviation)
    case .truncatedNormal(let mean, let deviation):
      dialect.framework == .pyTorch
        ? .redrawnNormal(mean: mean, standardDeviation: deviation, draws: 4)
        : .truncatedNormal(
          mean: mean, standardDeviation: deviation, from: mean - 2 * abs(deviation),
          to: mean + 2 * abs(deviation))
    }
  }

  private var values: ValueDistribution { values(in: .tensorFlow) }

  /// The mean of the samples.
  public var mean: Double { values.mean ?? .nan }

  /// The standard deviation of the samples, what is cut off left out.
  public var standardDeviation: Double { values.standardDeviation ?? .nan }

  /// The bounds of the samples; `nil` for a normal, which has none.
  public var bounds: ClosedRange<Double>? { values.bounds }

  /// What a whole variable takes from PyTorch's stream.
  func sequentialDraws(_ shape: Shape, _ format: FloatingFormat) -> [SequentialDraw] {
    switch self {
    case .constant: []
    case .uniform: [.uniform(count: shape.elementCount, format)]
    case .normal: [.normal(count: shape.elementCount, format)]
    case .truncatedNormal: [.kerasTruncatedNormal(shape, format)]
    }
  }

  /// Writes the asked elements; see `Initializer`.
  func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget,
    as format: FloatingFormat
  ) throws {
    let count = target.shape.elementCount
    switch self {
    case .constant(let value):
      guard let pattern = ScalarCoding.bitPattern(of: value, as: target.scalarType) else { return }
      for place in 0..<range.count {
        ScalarCoding.store(bitPattern: pattern, in: &span, at: place, as: target.scalarType)
      }
    case .uniform(let low, let high):
      try target.random.fillUniform(
        &span, elements: range, of: count, from: low, to: high, as: format)
    case .normal(let mean, let deviation):
      try target.random.fillNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: deviation, as: format)
    case .truncatedNormal(let mean, let deviation):
      try target.random.fillTruncatedNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: deviation, as: format)
    }
  }
}
