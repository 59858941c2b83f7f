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
    let deviation = variance.squareRoot()
    let sampled: SampledDistribution =
      switch distribution {
      case .uniform: .uniform(limit: (3 * variance).squareRoot())
      case .normal: .normal(deviation)
      case .truncatedNormal:
        .truncatedNormal(
          mean: 0, standardDeviation: deviation / ValueDistribution.truncatedDeviation)
      }
    let symbol =
      switch mode {
      case .fanIn: "fanIn"
      case .fanOut: "fanOut"
      case .fanAverage: "((fanIn + fanOut) / 2)"
      case .fanGeometricAverage: "√(fanIn · fanOut)"
      }
    explanation.describe(
      sampled, in: dialect, scale: scale, over: scale == 0 ? 0 : scale / variance, symbol)
    return explanation
  }
}

extension InitializerExplanation {
  /// Says what axes are by `in_axis`, `out_axis` and `batch_axis`.
  fileprivate mutating func describe(
    _ shape: Shape, _ inputs: JAXAxes, _ outputs: JAXAxes, _ copies: JAXAxes
  ) {
    let isDefault = inputs == .one(-2) && outputs == .one(-1) && copies.list.isEmpty
    layout =
      isDefault
      ? "[…, in, out] by JAX's rule"
      : "in_axis \(inputs.list), out_axis \(outputs.list), batch_axis \(copies.list)"
    fanSource = isDefault ? .rule : .declared
    describe(
      shape, inputs: inputs.list, outputs: outputs.list, batch: copies.list, others: "tap")
  }
}

extension JAXRandomInitializer {
  /// The bounds or the deviation.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let text = InitializerExplanation.text(factor)
    switch distribution {
    case .uniform:
      return InitializerExplanation(uniform: 0, factor, "U[0, 1) · scale")
    case .normal:
      return InitializerExplanation(
        .normal(factor), in: dialect, "N(0, 1) · stddev", "N(0, \(text)²)")
    case .truncatedNormal(let lower, let upper):
      let (low, high) = (InitializerExplanation.text(lower), InitializerExplanation.text(upper))
      let ends = [lower * factor, upper * factor].sorted()
      return InitializerExplanation(
        "truncated normal",
        promising: .truncatedNormal(
          mean: 0, standardDeviation: abs(factor), from: ends[0], to: ends[1]),
        "N(0, 1) cut at lower and upper, times stddev",
        "N(0, 1) cut at \(low) and \(high), times \(text)")
    }
  }
}

extension JAXOrthogonalInitializer {
  /// The factor, and the bounds of the elements.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    let sizes = isDelta ? Array(shape.dimensions.suffix(2)) : shape.dimensions
    let axis = columnAxis < 0 ? columnAxis + sizes.count : columnAxis
    guard sizes.indices.contains(axis), shape.elementCount > 0 else {
      return InitializerExplanation()
    }
    let rows = sizes.reduce(1, *) / sizes[axis]
    return InitializerExplanation(
      orthogonal: scale, "scale", rows, sizes[axis],
      taps: isDelta ? shape.elementCount / (rows * sizes[axis]) : nil)
  }
}

extension JAXConstantInitializer {
  /// The value, where there is one.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    InitializerExplanation(constant: value.number, "value")
  }
}
