internal import Tensors
internal import VariableGraph

/// Explanations that initializers of several frameworks share: they differ in the names of parameters.
extension InitializerExplanation {
  /// Samples of one distribution.
  init(
    _ sampled: SampledDistribution, in dialect: Dialect, _ symbols: String, _ numbers: String
  ) {
    self.init(promising: sampled.values(in: dialect))
    formula = Formula(symbols, numbers)
  }

  /// Values that are no independent samples, and what they promise.
  init(
    _ distribution: String, gain: Double? = nil, promising promise: ValueDistribution,
    _ symbols: String, _ numbers: String
  ) {
    self.init(promising: promise)
    self.distribution = distribution
    self.gain = gain
    formula = Formula(symbols, numbers)
  }

  /// A constant; one of several values has no single number to say.
  init(constant value: Double?, _ symbol: String) {
    self.init()
    distribution = "constant"
    guard let value else { return }
    describe(.constant(value))
    formula = Formula(symbol, Self.text(value))
  }

  /// Samples between two bounds.
  init(uniform low: Double, _ high: Double, _ symbols: String) {
    self.init(promising: .uniform(low: low, high: high))
    formula = Formula(symbols, "U[\(Self.text(low)), \(Self.text(high)))")
  }

  /// An orthogonal matrix of two sides times a factor with a name; with taps it is one of them, and 0
  /// in the others.
  init(
    orthogonal gain: Double, _ symbol: String, _ rows: Int, _ columns: Int, taps: Int? = nil
  ) {
    let isDelta = taps != nil
    let matrix = ValueDistribution.orthogonal(scale: gain, length: max(rows, columns))
    self.init(
      isDelta ? "orthogonal middle tap" : "orthogonal", gain: gain,
      promising: taps.map { .sparse(share: 1 / Double(max($0, 1)), matrix) } ?? matrix,
      isDelta
        ? "W[middle] = \(symbol) · Q, else 0" : "W = \(symbol) · Q of a normal matrix",
      "\(Self.text(gain)) · Q")
  }

  /// Says that the variance of what is drawn is scale / n, where n is a fan or a mean of both.
  mutating func describe(
    _ sampled: SampledDistribution, in dialect: Dialect, scale: Double, over n: Double,
    _ symbol: String
  ) {
    describe(sampled.values(in: dialect))
    // The gain of a nonlinearity is √scale: √2 for He and ReLU.
    gain = scale.squareRoot()
    let (scale, n) = (Self.text(scale), Self.text(n))
    let bound = sampled.bounds?.upperBound ?? 0
    switch sampled {
    case .uniform:
      formula = Formula(
        "limit = √(3 · scale / \(symbol))", "√(3 · \(scale) / \(n)) = \(Self.text(bound))")
    case .truncatedNormal:
      formula = Formula(
        "σ before the cut = √(scale / \(symbol)) / 0.8796…, cut at 2σ",
        "√(\(scale) / \(n)) / 0.8796… = \(Self.text(bound / 2))")
    case .normal, .constant:
      formula = Formula(
        "σ = √(scale / \(symbol))",
        "√(\(scale) / \(n)) = \(Self.text(sampled.standardDeviation))")
    }
  }

  /// Says what each axis of a shape is by lists of axes, which may count from the end.
  mutating func describe(
    _ shape: Shape, inputs: [Int], outputs: [Int], batch: [Int] = [], others: String
  ) {
    func places(_ axes: [Int]) -> Set<Int> { Set(axes.map { $0 < 0 ? $0 + shape.rank : $0 }) }
    let roles = [("input", places(inputs)), ("output", places(outputs)), ("batch", places(batch))]
    axes = shape.dimensions.enumerated().map { axis, size in
      Axis(size: size, role: roles.first { $0.1.contains(axis) }?.0 ?? others)
    }
  }

  /// Promises a factor on the diagonal of a matrix, and 0 elsewhere.
  static func diagonal(_ gain: Double, of shape: Shape) -> ValueDistribution {
    let shorter = shape.dimensions.min() ?? 0
    return .sparse(
      share: Double(shorter) / Double(max(shape.elementCount, 1)), .constant(gain))
  }
}
