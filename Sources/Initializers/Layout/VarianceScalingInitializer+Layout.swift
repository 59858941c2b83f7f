internal import Tensors
internal import VariableGraph

extension VarianceScalingInitializer {
  /// The same with fans read by a declared layout.
  ///
  ///     try graph.declare("conv", shape: [64, 2, 3, 3],
  ///       initializer: .heNormal().with(WeightLayout(.oihw, groups: 32)))
  public func with(_ layout: WeightLayout?) -> Self {
    var copy = self
    copy.layout = layout
    return copy
  }

  /// The fans of a shape that `validate` has accepted.
  func fans(of shape: Shape) -> Fans {
    guard let layout,
      let weight = try? ResolvedLayout(layout, on: shape, for: configuration.className)
    else { return axes?.fans(of: shape) ?? Fans(of: shape) }
    return Fans(of: weight)
  }

  /// What is drawn for a shape.
  func distribution(for shape: Shape) -> SampledDistribution {
    let variance = variance(for: shape)
    switch distribution {
    case .uniform: return .uniform(limit: (3 * variance).squareRoot())
    case .untruncatedNormal: return .normal(variance.squareRoot())
    case .truncatedNormal:
      return .truncatedNormal(
        mean: 0,
        standardDeviation: variance.squareRoot() / ValueDistribution.truncatedDeviation)
    }
  }
}
