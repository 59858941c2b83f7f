public import Tensors
public import VariableGraph

/// Fills a weight with identity matrices side by side: value where i ≡ j (mod min(rows, columns)),
/// else 0.
///
/// Rows are outputs, columns inputs; in a convolution the columns are inputs and taps together, taps
/// last, so that each output begins with a patch of its own. With value 1 a layer keeps identity;
/// with a small value, 10⁻⁶ in the paper, the last layer of a residual branch gives about zero without
/// dead units.
///
/// - Shape: as the layout says; one group.
/// - Locality: `.element`. Draws nothing.
/// - Source: Pan et al. (2025), "IDInit: a universal and stable initialization method for neural
///   network training", IDI, IDIZ and the convolutions. Neither the paper's full text nor the
///   authors' code was at hand: the form is not checked against them.
public struct IDInitInitializer: TableInitializer {
  /// The value τ of the identities.
  public let value: Double
  /// Which axes are inputs and outputs.
  public let layout: WeightLayout

  /// - Throws: `InitializerError.Code.invalidParameter` for a value that is not finite, or a layout of
  ///   several groups or parts.
  public init(value: Double = 1, layout: WeightLayout) throws {
    try InitializerError.require(value.isFinite, "IDInit", "value", value, "finite")
    try layout.requireOnePart("IDInit")
    self.value = value
    self.layout = layout
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "IDInit", config: ["value": .double(value), "layout": layout.json])
  }

  /// Refuses shapes that the layout does not have.
  public func check(_ shape: Shape) throws {
    _ = try ResolvedLayout(layout, on: shape, for: "IDInit")
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let weight = try ResolvedLayout(layout, on: shape, for: "IDInit")
    let taps = weight.size(of: .tap)
    let period = max(min(weight.size(of: .output), weight.size(of: .input) * taps), 1)
    let value = value
    return { index in
      let place = weight.place(of: index)
      let column = place.input * taps + place.tap
      return place.output % period == column % period ? value : 0
    }
  }

  /// The axes, and the period.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "IDInit") else { return }
    explanation.describe(weight)
    let columns = weight.size(of: .input) * weight.size(of: .tap)
    explanation.formula = .init(
      "w[i, j] = value where i ≡ j (mod min(rows, columns)), else 0",
      """
      \(InitializerExplanation.text(value)) where i ≡ j (mod \
      \(min(weight.size(of: .output), columns)))
      """)
  }
}

extension Initializer where Self == IDInitInitializer {
  /// Identity matrices side by side.
  public static func idInit(value: Double = 1, layout: WeightLayout) throws -> Self {
    try .init(value: value, layout: layout)
  }
}
