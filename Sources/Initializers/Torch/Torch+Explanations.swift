internal import RandomSampling
public import Tensors
public import VariableGraph

extension TorchKaimingInitializer {
  /// The fans of `[out, in, …]`, the gain, and the bound or deviation with its numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    guard shape.elementCount > 0 else { return explanation }
    let fans = TorchFans(of: shape)
    explanation.describe(fans, of: shape)
    let gain = nonlinearity.gain(slope: slope)
    explanation.gain = gain
    let (symbol, fan) = mode == .fanIn ? ("fanIn", fans.fanIn) : ("fanOut", fans.fanOut)
    let (gainText, fanText) = (
      InitializerExplanation.text(gain), InitializerExplanation.text(fan)
    )
    explanation.describe(
      deviation: gain / fan.squareRoot(), isUniform: isUniform, "gain / √\(symbol)",
      "\(gainText) / √\(fanText)")
    return explanation
  }
}

extension TorchXavierInitializer {
  /// The fans of `[out, in, …]`, and the bound or deviation with its numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    guard shape.elementCount > 0 else { return explanation }
    let fans = TorchFans(of: shape)
    explanation.describe(fans, of: shape)
    explanation.gain = gain
    let sum = InitializerExplanation.text(fans.fanIn + fans.fanOut)
    explanation.describe(
      deviation: gain * (2 / (fans.fanIn + fans.fanOut)).squareRoot(), isUniform: isUniform,
      "gain · √(2 / (fanIn + fanOut))", "\(InitializerExplanation.text(gain)) · √(2 / \(sum))")
    return explanation
  }
}

extension TorchUniformInitializer {
  /// The bounds.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(uniform: lower, upper, "U[a, b)")
  }
}

extension TorchNormalInitializer {
  /// The mean and the deviation.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let (center, deviation) = (
      InitializerExplanation.text(mean), InitializerExplanation.text(standardDeviation)
    )
    var explanation = InitializerExplanation(
      .normal(mean: mean, standardDeviation: standardDeviation), in: dialect, "N(mean, std²)",
      "N(\(center), \(deviation)²)")
    if let zeroedRow {
      let rows = Double(max(shape.dimensions.first ?? 1, 1))
      explanation.describe(
        .sparse(
          share: (rows - 1) / rows, .normal(mean: mean, standardDeviation: standardDeviation)))
      explanation.distribution = "normal"
      explanation.notes = ["Row \(zeroedRow) is 0, the padding."]
    }
    return explanation
  }
}

extension TorchTruncatedNormalInitializer {
  /// The bounds, in values and in deviations.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    guard lower <= upper, standardDeviation > 0 else { return InitializerExplanation() }
    let numbers = [mean, standardDeviation, lower, upper].map(InitializerExplanation.text)
    var explanation = InitializerExplanation(
      "truncated normal",
      promising: .truncatedNormal(
        mean: mean, standardDeviation: standardDeviation, from: lower, to: upper),
      "N(mean, std²) between the values a and b",
      "N(\(numbers[0]), \(numbers[1])²) between \(numbers[2]) and \(numbers[3])")
    if TruncatedNormalDraw.keepsEverything(
      mean: mean, standardDeviation: standardDeviation, lower: lower, upper: upper)
    {
      explanation.notes = ["The bounds are so far out that nothing is cut off."]
    }
    return explanation
  }
}

extension TorchOrthogonalInitializer {
  /// The factor.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let rows = shape.dimensions.first ?? 0
    guard rows > 0 else { return InitializerExplanation() }
    return InitializerExplanation(orthogonal: gain, "gain", rows, shape.elementCount / rows)
  }
}

extension TorchSparseInitializer {
  /// The share that is 0, and the deviation of the others.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    guard shape.rank == 2, shape.elementCount > 0 else { return explanation }
    let rows = Double(shape.dimensions[0])
    let zeros = (sparsity * rows).rounded(.up)
    explanation.describe(
      .sparse(
        share: 1 - zeros / rows, .normal(mean: 0, standardDeviation: standardDeviation)))
    let numbers = [standardDeviation, zeros, rows].map(InitializerExplanation.text)
    explanation.formula = .init(
      "N(0, std²), 0 in ⌈sparsity · rows⌉ rows of each column",
      "N(0, \(numbers[0])²), 0 in \(numbers[1]) of \(numbers[2]) rows")
    return explanation
  }
}

extension TorchConstantInitializer {
  /// The value.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(constant: value, "val")
  }
}

extension TorchEyeInitializer {
  /// What the elements are.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(
      "identity", promising: InitializerExplanation.diagonal(1, of: shape),
      "1 where row = column, else 0", "1 on the diagonal")
  }
}

extension TorchDiracInitializer {
  /// What the elements are.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let sizes = shape.dimensions
    let ones = sizes.count < 2 ? 0 : groups * min(sizes[0] / max(groups, 1), sizes[1])
    return InitializerExplanation(
      "identity middle tap",
      promising: .sparse(
        share: Double(ones) / Double(max(shape.elementCount, 1)), .constant(1)),
      "W[g · out / groups + d, d, middle] = 1, else 0",
      "groups = \(groups)")
  }
}

extension InitializerExplanation {
  /// Says what a shape's axes are by PyTorch's rule: `[out, in, …]`.
  fileprivate mutating func describe(_ fans: TorchFans, of shape: Shape) {
    layout = "[out, in, …] by PyTorch's rule"
    fanSource = .rule
    (fanIn, fanOut) = (fans.fanIn, fans.fanOut)
    describe(shape, inputs: [1], outputs: [0], others: "tap")
  }

  /// Says what is drawn with a deviation; a uniform distribution has √3 times it as its bound.
  fileprivate mutating func describe(
    deviation: Double, isUniform: Bool, _ symbols: String, _ numbers: String
  ) {
    if isUniform {
      let bound = 3.0.squareRoot() * deviation
      describe(.uniform(low: -bound, high: bound))
      formula = .init(
        "bound = √3 · \(symbols)", "√3 · \(numbers) = \(InitializerExplanation.text(bound))")
    } else {
      describe(.normal(mean: 0, standardDeviation: deviation))
      formula = .init(
        "σ = \(symbols)", "\(numbers) = \(InitializerExplanation.text(deviation))")
    }
  }
}
