public import Tensors
public import VariableGraph

/// Fills a weight with an identity that is repeated where there are more outputs than inputs, or with
/// the small weight that ends a residual branch.
///
/// With outputs m and columns j from 0, D columns, R outputs and the value v:
///
/// | Part | w[m, j] |
/// |---|---|
/// | `identity` | v where m ≡ j (mod D), else 0 |
/// | `zero`, R ≥ D | v where m ≡ j (mod D), −v where m + 1 ≡ j (mod D), else 0 |
/// | `zero`, R < D | v where m = j, −v where j ≥ R and m ≡ j − R (mod D − R), else 0 |
///
/// The columns are the inputs; in a convolution they are inputs and taps together, taps last, so that
/// each output begins with a patch of its own. An identity keeps what comes in; the end of a branch
/// takes differences of inputs, which are about zero, and leaves no unit without a gradient. With one
/// column there is nothing to take a difference with: the value stands alone. The paper's small noise
/// against equal rows is left to the caller.
///
/// - Shape: as the layout says; one group.
/// - Locality: `.element`. Draws nothing.
/// - Source: Pan et al. (2025), "IDInit: a universal and stable initialization method for neural
///   network training", equation 3 (IDI), IDIC and IDIZ, as public reviews of the paper quote them and
///   the re-implementation in YitianYu69/Deep_Optimization has them; neither the paper's full text nor
///   the authors' code was at hand.
public struct IDInitInitializer: TableInitializer {
  /// What the weight is for.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// Keeps what comes in.
    case identity
    /// The last weight of a residual branch.
    case zero

    /// The τ and ε of the paper's figure 3.
    var defaultValue: Double { self == .identity ? 1 : 1e-6 }
  }

  /// What the weight is for.
  public let part: Part
  /// The paper's τ or ε.
  public let value: Double
  /// Which axes are inputs and outputs.
  public let layout: WeightLayout

  /// - Parameter part: What the weight is for.
  /// - Parameter value: Finite; without one 1 for an identity and 10⁻⁶ for the end of a branch.
  /// - Parameter layout: Which axes are inputs and outputs; one group, one part.
  /// - Throws: `InitializerError.Code.invalidParameter` for a value that is not finite, or a layout of
  ///   several groups or parts.
  public init(_ part: Part = .identity, value: Double? = nil, layout: WeightLayout) throws {
    let value = value ?? part.defaultValue
    try InitializerError.require(value.isFinite, "IDInit", "value", value, "finite")
    try layout.requireOnePart("IDInit")
    self.part = part
    self.value = value
    self.layout = layout
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "IDInit",
      config: [
        "part": .string(part.rawValue), "value": .double(value), "layout": layout.json,
      ])
  }

  /// 2: an identity is repeated for more outputs only.
  public var version: Int { 2 }

  /// Refuses shapes that the layout does not have.
  public func check(_ shape: Shape) throws {
    _ = try ResolvedLayout(layout, on: shape, for: "IDInit")
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let weight = try ResolvedLayout(layout, on: shape, for: "IDInit")
    let taps = weight.size(of: .tap)
    let rows = weight.size(of: .output)
    let columns = max(weight.size(of: .input) * taps, 1)
    let (value, subtracts) = (value, part == .zero && columns > 1)
    return { index in
      let place = weight.place(of: index)
      let (row, column) = (place.output, place.input * taps + place.tap)
      if row % columns == column { return value }
      guard subtracts else { return 0 }
      let isSubtracted =
        rows < columns
        ? column >= rows && (column - rows) == row % (columns - rows)
        : (row + 1) % columns == column
      return isSubtracted ? -value : 0
    }
  }

  /// The axes, and the period.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "IDInit") else { return }
    explanation.describe(weight)
    let columns = weight.size(of: .input) * weight.size(of: .tap)
    let text = InitializerExplanation.text(value)
    switch part {
    case .identity:
      explanation.formula = .init(
        "w[i, j] = value where i ≡ j (mod columns), else 0",
        "\(text) where i ≡ j (mod \(columns))")
    case .zero:
      explanation.formula = .init(
        "w[i, j] = value and −value, so that outputs are differences of inputs, else 0",
        "±\(text) in \(weight.size(of: .output)) × \(columns)")
    }
  }
}

extension Initializer where Self == IDInitInitializer {
  /// A repeated identity, or the end of a residual branch.
  public static func idInit(
    _ part: IDInitInitializer.Part = .identity, value: Double? = nil, layout: WeightLayout
  ) throws -> Self {
    try .init(part, value: value, layout: layout)
  }
}
