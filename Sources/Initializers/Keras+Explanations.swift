public import Tensors
public import VariableGraph

extension VarianceScalingInitializer {
  /// What is drawn; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? { distribution(for: shape).values(in: dialect) }

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
    explanation.describe(
      distribution(for: shape), in: dialect, scale: scale, over: max(1, fans(of: shape)[mode]),
      mode.symbol)
    return explanation
  }
}

extension RandomUniformInitializer {
  /// What is drawn; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? {
    .uniform(low: minimum, high: maximum)
  }

  /// The bounds.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(uniform: minimum, maximum, "U[minval, maxval)")
  }
}

extension RandomNormalInitializer {
  /// What is drawn; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? {
    distribution.values(in: dialect)
  }

  /// The mean and the deviation.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let cut = isTruncated ? ", cut at 2 stddev" : ""
    let (center, deviation) = (
      InitializerExplanation.text(mean), InitializerExplanation.text(standardDeviation)
    )
    return InitializerExplanation(
      distribution, in: dialect,
      "N(mean, stddev²)\(cut)", "N(\(center), \(deviation)²)\(cut)")
  }

  private var distribution: SampledDistribution {
    isTruncated
      ? .truncatedNormal(mean: mean, standardDeviation: standardDeviation)
      : .normal(mean: mean, standardDeviation: standardDeviation)
  }
}

extension OrthogonalInitializer {
  /// The matrix that is decomposed, and the deviation of its elements.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let columns = shape.dimensions.last ?? 1
    let rows = columns == 0 ? 0 : shape.elementCount / columns
    let long = Double(max(rows, columns, 1))
    // The sum of the squares of a unit vector is 1, spread over the longer side.
    let deviation = abs(gain) / long.squareRoot()
    let text = InitializerExplanation.text(gain)
    return InitializerExplanation(
      "orthogonal", gain: gain,
      promising: .orthogonal(scale: gain, length: max(rows, columns, 1)),
      "W = gain · Q of a normal matrix, σ = gain / √max(rows, columns)",
      """
      \(text) · Q of \(rows) × \(columns), \(text) / √\(InitializerExplanation.text(long)) = \
      \(InitializerExplanation.text(deviation))
      """)
  }
}

extension ConstantInitializer {
  /// What is drawn; see `Initializer`.
  public func promise(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> ValueDistribution? {
    value.number.map(ValueDistribution.constant)
  }

  /// The value, where there is one.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(constant: value.number, "value")
  }
}

extension IdentityInitializer {
  /// The gain on the diagonal.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(
      "identity", gain: gain, promising: InitializerExplanation.diagonal(gain, of: shape),
      "gain where row = column, else 0",
      "\(InitializerExplanation.text(gain)) · I")
  }
}
