public import Tensors
public import VariableGraph

extension JAXVarianceScalingInitializer {
  /// The fans of the axes, and the limit or deviation with its numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    let name = configuration.className
    guard let fans = try? JAXFans(shape, in: inAxis, out: outAxis, batch: batchAxis, name),
      let variance = try? variance(for: shape)
    else { return explanation }
    explanation.describe(shape, inAxis, outAxis, batchAxis)
    (explanation.fanIn, explanation.fanOut) = (fans.fanIn, fans.fanOut)
    explanation.gain = scale.squareRoot()
    let deviation = variance.squareRoot()
    switch distribution {
    case .uniform: explanation.describe(.uniform(limit: (3 * variance).squareRoot()))
    case .normal: explanation.describe(.normal(deviation))
    case .truncatedNormal:
      explanation.describe(
        .truncatedNormal(
          mean: 0, standardDeviation: deviation / SampledDistribution.truncatedDeviation))
    }
    let symbol =
      switch mode {
      case .fanIn: "fanIn"
      case .fanOut: "fanOut"
      case .fanAverage: "((fanIn + fanOut) / 2)"
      case .fanGeometricAverage: "√(fanIn · fanOut)"
      }
    let scaleText = InitializerExplanation.text(scale)
    let n = InitializerExplanation.text(scale == 0 ? 0 : scale / variance)
    if distribution == .uniform {
      let limit = InitializerExplanation.text((3 * variance).squareRoot())
      explanation.formula = .init(
        "limit = √(3 · scale / \(symbol))", "√(3 · \(scaleText) / \(n)) = \(limit)")
    } else {
      let cut = distribution == .truncatedNormal
      let sigma = InitializerExplanation.text(
        cut ? deviation / SampledDistribution.truncatedDeviation : deviation)
      explanation.formula = .init(
        cut
          ? "σ before the cut = √(scale / \(symbol)) / 0.8796…, cut at 2σ"
          : "σ = √(scale / \(symbol))",
        "√(\(scaleText) / \(n))\(cut ? " / 0.8796…" : "") = \(sigma)")
    }
    return explanation
  }
}

extension InitializerExplanation {
  /// Says what axes are by `in_axis`, `out_axis` and `batch_axis`.
  fileprivate mutating func describe(
    _ shape: Shape, _ inputs: JAXAxes, _ outputs: JAXAxes, _ copies: JAXAxes
  ) {
    func places(_ axes: JAXAxes) -> [Int] { axes.list.map { $0 < 0 ? $0 + shape.rank : $0 } }
    let isDefault = inputs == .one(-2) && outputs == .one(-1) && copies.list.isEmpty
    layout =
      isDefault
      ? "[…, in, out] by JAX's rule"
      : "in_axis \(inputs.list), out_axis \(outputs.list), batch_axis \(copies.list)"
    fanSource = isDefault ? .rule : .declared
    axes = shape.dimensions.enumerated().map { axis, size in
      let role =
        places(inputs).contains(axis)
        ? "input"
        : (places(outputs).contains(axis)
          ? "output" : (places(copies).contains(axis) ? "batch" : "tap"))
      return Axis(size: size, role: role)
    }
  }
}

extension JAXRandomInitializer {
  /// The bounds or the deviation.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    let text = InitializerExplanation.text(factor)
    switch distribution {
    case .uniform:
      explanation.describe(.uniform(low: 0, high: factor))
      explanation.formula = .init("U[0, 1) · scale", "U[0, \(text))")
    case .normal:
      explanation.describe(.normal(factor))
      explanation.formula = .init("N(0, 1) · stddev", "N(0, \(text)²)")
    case .truncatedNormal(let lower, let upper):
      explanation.distribution = "truncated normal"
      if lower <= upper {
        explanation.truncation = lower...upper
        let ends = [lower * factor, upper * factor].sorted()
        explanation.bounds = ends[0]...ends[1]
      }
      if lower == -2, upper == 2 {
        explanation.mean = 0
        explanation.standardDeviation = abs(factor) * SampledDistribution.truncatedDeviation
      }
      let (low, high) = (InitializerExplanation.text(lower), InitializerExplanation.text(upper))
      explanation.formula = .init(
        "N(0, 1) cut at lower and upper, times stddev",
        "N(0, 1) cut at \(low) and \(high), times \(text)")
    }
    return explanation
  }
}

extension JAXOrthogonalInitializer {
  /// The factor, and the deviation of the elements.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = isDelta ? "orthogonal middle tap" : "orthogonal"
    explanation.gain = scale
    explanation.bounds = -abs(scale)...abs(scale)
    explanation.formula = .init(
      isDelta ? "W[middle] = scale · Q, else 0" : "W = scale · Q of a normal matrix",
      "\(InitializerExplanation.text(scale)) · Q")
    return explanation
  }
}

extension JAXConstantInitializer {
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
