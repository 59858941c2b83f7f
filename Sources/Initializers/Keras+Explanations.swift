public import Tensors
public import VariableGraph

extension VarianceScalingInitializer {
  /// The fans, and the limit or deviation with its numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    if let layout,
      let weight = try? ResolvedLayout(layout, on: shape, for: configuration.className)
    {
      explanation.describe(weight)
    } else {
      explanation.describeRule(shape)
      if let axes, let inputs = axes.inputs, let outputs = axes.outputs {
        explanation.describe(shape, axes.fans(of: shape), inputs, outputs)
      }
    }
    let sampled = distribution(for: shape)
    explanation.describe(sampled)
    // The gain of a nonlinearity is √scale: √2 for He and ReLU.
    explanation.gain = scale.squareRoot()
    let (n, symbol) = (fans(of: shape)[mode], mode.symbol)
    let (scale, fan) = (InitializerExplanation.text(scale), InitializerExplanation.text(max(1, n)))
    switch distribution {
    case .uniform:
      let limit = InitializerExplanation.text(sampled.bounds?.upperBound ?? 0)
      explanation.formula = .init(
        "limit = √(3 · scale / \(symbol))", "√(3 · \(scale) / \(fan)) = \(limit)")
    case .untruncatedNormal:
      explanation.formula = .init(
        "σ = √(scale / \(symbol))",
        "√(\(scale) / \(fan)) = \(InitializerExplanation.text(sampled.standardDeviation))")
    case .truncatedNormal:
      let deviation = InitializerExplanation.text((sampled.bounds?.upperBound ?? 0) / 2)
      explanation.formula = .init(
        "σ before the cut = √(scale / \(symbol)) / 0.8796…, cut at 2σ",
        "√(\(scale) / \(fan)) / 0.8796… = \(deviation)")
    }
    return explanation
  }
}

extension RandomUniformInitializer {
  /// The bounds.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.describe(.uniform(low: minimum, high: maximum))
    explanation.formula = .init(
      "U[minval, maxval)",
      "U[\(InitializerExplanation.text(minimum)), \(InitializerExplanation.text(maximum)))")
    return explanation
  }
}

extension RandomNormalInitializer {
  /// The mean and the deviation.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.describe(
      isTruncated
        ? .truncatedNormal(mean: mean, standardDeviation: standardDeviation)
        : .normal(mean: mean, standardDeviation: standardDeviation))
    let numbers =
      "\(InitializerExplanation.text(mean)), \(InitializerExplanation.text(standardDeviation))²"
    explanation.formula = .init(
      isTruncated ? "N(mean, stddev²), cut at 2 stddev" : "N(mean, stddev²)",
      isTruncated ? "N(\(numbers)), cut at 2 stddev" : "N(\(numbers))")
    return explanation
  }
}

extension OrthogonalInitializer {
  /// The matrix that is decomposed, and the deviation of its elements.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "orthogonal"
    explanation.gain = gain
    let columns = shape.dimensions.last ?? 1
    let rows = columns == 0 ? 0 : shape.elementCount / columns
    let long = Double(max(rows, columns, 1))
    explanation.mean = 0
    // The sum of the squares of a unit vector is 1, spread over the longer side.
    explanation.standardDeviation = abs(gain) / long.squareRoot()
    explanation.bounds = -abs(gain)...abs(gain)
    explanation.formula = .init(
      "W = gain · Q of a normal matrix, σ = gain / √max(rows, columns)",
      """
      \(InitializerExplanation.text(gain)) · Q of \(rows) × \(columns), \
      \(InitializerExplanation.text(gain)) / √\(InitializerExplanation.text(long)) = \
      \(InitializerExplanation.text(abs(gain) / long.squareRoot()))
      """)
    return explanation
  }
}

extension ConstantInitializer {
  /// The value, where there is one.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "constant"
    if let value = value.number {
      explanation.describe(.constant(value))
      explanation.formula = .init("value", InitializerExplanation.text(value))
    }
    return explanation
  }
}

extension IdentityInitializer {
  /// The gain on the diagonal.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "identity"
    explanation.gain = gain
    explanation.formula = .init(
      "gain where row = column, else 0", "\(InitializerExplanation.text(gain)) · I")
    return explanation
  }
}
