internal import VariableGraph

extension Fans {
  /// The fans of a weight whose layout is declared.
  ///
  /// fanIn = inputs · taps and fanOut = outputs · taps, with what one unit really sees: outputs (for
  /// PyTorch's transposed convolutions, inputs) are divided by the groups, outputs by the packed
  /// parts, and copies do not count.
  ///
  /// - Source: `jax.nn.initializers.variance_scaling` for axes; its `batch_axis` are the copies.
  public init(of weight: ResolvedLayout) {
    let layout = weight.layout
    let taps = Double(weight.size(of: .tap))
    let inputs = Double(weight.size(of: .input))
    let outputs = Double(weight.size(of: .output)) / Double(layout.packed)
    let groups = Double(layout.groups)
    fanIn = (layout.groupsDivideInputs ? inputs / groups : inputs) * taps
    fanOut = (layout.groupsDivideInputs ? outputs : outputs / groups) * taps
  }
}

extension Fans {
  /// The fan that a mode names.
  subscript(mode: VarianceScalingInitializer.Mode) -> Double {
    switch mode {
    case .fanIn: fanIn
    case .fanOut: fanOut
    case .fanAverage: (fanIn + fanOut) / 2
    }
  }
}

extension VarianceScalingInitializer.Mode {
  /// The fan's name in formulas.
  var symbol: String {
    switch self {
    case .fanIn: "fanIn"
    case .fanOut: "fanOut"
    case .fanAverage: "((fanIn + fanOut) / 2)"
    }
  }
}
