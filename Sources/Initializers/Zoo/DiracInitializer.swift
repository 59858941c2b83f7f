public import Tensors
public import VariableGraph

/// Fills a kernel so that a convolution gives its inputs back: gain at the middle tap from input d of
/// each group to the group's output d, else 0.
///
/// The middle of a size k is tap ⌊k/2⌋.
///
/// - Shape: as the layout says. Without taps it is the identity matrix.
/// - Locality: `.element`. Draws nothing.
/// - Source: Zagoruyko and Komodakis (2017), "DiracNets", section 3; `torch.nn.init.dirac_`.
public struct DiracInitializer: TableInitializer {
  /// The value at the middle.
  public let gain: Double
  /// Which axes are inputs, outputs and taps; its groups are kept apart.
  public let layout: WeightLayout

  /// - Throws: `InitializerError.Code.invalidParameter` for a gain that is not finite.
  public init(gain: Double = 1, layout: WeightLayout) throws {
    try InitializerError.require(gain.isFinite, "Dirac", "gain", gain, "finite")
    self.gain = gain
    self.layout = layout
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Dirac", config: ["gain": .double(gain), "layout": layout.json])
  }

  /// Refuses shapes that the layout does not have.
  public func check(_ shape: Shape) throws {
    _ = try ResolvedLayout(layout, on: shape, for: "Dirac")
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let weight = try ResolvedLayout(layout, on: shape, for: "Dirac")
    let middle = weight.middleTap(roundsUp: true)
    let dividesInputs = layout.groupsDivideInputs
    let parts = layout.groups * layout.packed
    let whole = weight.size(of: dividesInputs ? .input : .output)
    let size = max(whole / parts, 1)
    let gain = gain
    return { index in
      let place = weight.place(of: index)
      guard place.tap == middle else { return 0 }
      let isMatch =
        dividesInputs
        ? place.input % size == place.output : place.output % size == place.input
      return isMatch ? gain : 0
    }
  }

  /// The axes.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "Dirac") else { return }
    explanation.describe(weight)
    explanation.gain = gain
    explanation.formula = .init(
      "w[out, in, tap] = gain where in = out within a group and tap is the middle, else 0",
      "\(InitializerExplanation.text(gain)) at tap \(weight.middleTap(roundsUp: true)), else 0")
  }
}

extension Initializer where Self == DiracInitializer {
  /// A kernel that gives its inputs back.
  public static func dirac(gain: Double = 1, layout: WeightLayout) throws -> Self {
    try .init(gain: gain, layout: layout)
  }
}
