public import Tensors
public import VariableGraph

/// Fills the multiplier of a residual branch with a constant: 0 (ReZero), or a small ε (LayerScale).
///
/// - Shape: any: a scalar in ReZero, one value a channel in LayerScale.
/// - Locality: `.element`. Draws nothing.
/// - Source: Bachlechner et al. (2020), "ReZero is all you need", equation 1; Touvron et al. (2021),
///   "Going deeper with image transformers", section 2.2: ε = 0.1 up to depth 18, 10⁻⁵ up to depth 24,
///   10⁻⁶ beyond. The authors' `cait_models.py` in facebookresearch/deit has 10⁻⁵ for 24 layers and
///   10⁻⁶ for 36 and 48, but 10⁻⁵ for XXS-36.
public struct ResidualScaleInitializer: TableInitializer {
  /// The multiplier at first.
  public let value: Double
  /// The depth that the value follows from; `nil` for a value of its own, and for ReZero.
  public let depth: Int?
  private let className: String

  /// ReZero: the branch begins at nothing.
  public static let reZero = ResidualScaleInitializer(className: "ReZero", value: 0, depth: nil)

  /// LayerScale with a value.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` for a value that is not finite.
  public init(value: Double) throws {
    try InitializerError.require(value.isFinite, "LayerScale", "value", value, "finite")
    self.init(className: "LayerScale", value: value, depth: nil)
  }

  /// LayerScale with the value that the paper has for a depth.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` unless depth ≥ 1.
  public init(depth: Int) throws {
    try InitializerError.require(depth >= 1, "LayerScale", "depth", depth, "at least 1")
    self.init(
      className: "LayerScale", value: depth <= 18 ? 0.1 : (depth <= 24 ? 1e-5 : 1e-6),
      depth: depth)
  }

  private init(className: String, value: Double, depth: Int?) {
    self.className = className
    self.value = value
    self.depth = depth
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    guard className == "LayerScale" else {
      return InitializerConfiguration(className: className, config: [:])
    }
    return InitializerConfiguration(
      className: className,
      config: [
        "depth": depth.map { .integer(Int64($0)) } ?? .null,
        "value": depth == nil ? .double(value) : .null,
      ])
  }

  /// The value, everywhere.
  public func elements(of shape: Shape) -> (Int) -> Double {
    let value = value
    return { _ in value }
  }

  /// The constant.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    explanation.describe(.constant(value))
    explanation.formula = .init(
      depth.map { "ε of depth \($0)" } ?? "ε", InitializerExplanation.text(value))
  }
}

extension Initializer where Self == ResidualScaleInitializer {
  /// Zeros: a residual branch that begins at nothing.
  public static var reZero: Self { ResidualScaleInitializer.reZero }
  /// The multiplier that CaiT has for a depth.
  public static func layerScale(depth: Int) throws -> Self { try .init(depth: depth) }
}
