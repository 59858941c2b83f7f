public import Tensors
public import VariableGraph

/// Fills a weight with zeros and ones, or with a Hadamard matrix where there are more outputs than
/// inputs.
///
/// With P outputs and Q inputs: the (partial) identity for P ≤ Q; else, with m = ⌈log₂ P⌉, the first
/// Q columns of the first P rows of 2^(−m/2) · H_m, element (i, j) of H_m being −1 where i and j have
/// an odd number of common binary digits, else 1. In a convolution this is the middle tap, the others
/// are zeros.
///
/// The factor is that of the authors' code, which makes H_m orthogonal.
///
/// - Shape: as the layout says; one group.
/// - Locality: `.element`. Draws nothing.
/// - Source: Zhao, Schäfer and Anandkumar (2022), "ZerO initialization: initializing neural networks
///   with only zeros and ones", algorithms 1 and 2; `ZerO_Init_on_matrix` of the authors' repository.
public struct ZerOInitializer: TableInitializer {
  /// Which axes are inputs and outputs.
  public let layout: WeightLayout

  /// - Throws: `InitializerError.Code.invalidParameter` for a layout of several groups or parts.
  public init(layout: WeightLayout) throws {
    try layout.requireOnePart("ZerO")
    self.layout = layout
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "ZerO", config: ["layout": layout.json])
  }

  /// Refuses shapes that the layout does not have.
  public func check(_ shape: Shape) throws {
    _ = try ResolvedLayout(layout, on: shape, for: "ZerO")
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let weight = try ResolvedLayout(layout, on: shape, for: "ZerO")
    let (inputs, outputs) = (weight.size(of: .input), weight.size(of: .output))
    let middle = weight.middleTap(roundsUp: true)
    let factor = outputs <= inputs ? 1 : Self.hadamardFactor(outputs)
    return { index in
      let place = weight.place(of: index)
      guard place.tap == middle else { return 0 }
      if outputs <= inputs { return place.input == place.output ? 1 : 0 }
      return (place.input & place.output).nonzeroBitCount % 2 == 0 ? factor : -factor
    }
  }

  /// 2^(−m/2) with m = ⌈log₂ outputs⌉.
  static func hadamardFactor(_ outputs: Int) -> Double {
    let m = outputs <= 1 ? 0 : Int.bitWidth - (outputs - 1).leadingZeroBitCount
    let power = Double(sign: .plus, exponent: -(m / 2), significand: 1)
    return m % 2 == 0 ? power : power * 0.5.squareRoot()
  }

  /// The axes, and the factor.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "ZerO") else { return }
    explanation.describe(weight)
    let (inputs, outputs) = (weight.size(of: .input), weight.size(of: .output))
    let factor = InitializerExplanation.text(Self.hadamardFactor(outputs))
    explanation.formula =
      outputs <= inputs
      ? .init("W = I", "I of \(outputs) × \(inputs)")
      : .init("W = 2^(−m/2) · H_m, m = ⌈log₂ outputs⌉", "\(factor) · H of \(outputs) × \(inputs)")
  }
}

extension WeightLayout {
  /// Refuses groups and packed parts where a formula has none.
  func requireOnePart(_ className: String) throws {
    try InitializerError.require(
      groups == 1 && packed == 1, className, "layout", json.canonicalText,
      "a layout of one group and one part")
  }
}

extension Initializer where Self == ZerOInitializer {
  /// Zeros and ones, or a Hadamard matrix where there are more outputs than inputs.
  public static func zerO(layout: WeightLayout) throws -> Self { try .init(layout: layout) }
}
