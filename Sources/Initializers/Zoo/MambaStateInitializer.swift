internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills Mamba's `A_log` with ln(n + 1) for state n of every channel: A = −exp(A_log) = −(n + 1).
///
/// - Shape: rank ≥ 1; the last axis is the states.
/// - Locality: `.element`. Draws nothing.
/// - Source: Gu and Dao (2023), "Mamba: linear-time sequence modeling with selective state spaces",
///   section 3.6 (S4D-Real); `A_log` of `mamba_ssm.modules.mamba_simple.Mamba`.
public struct MambaStateInitializer: TableInitializer {
  /// Mamba's state matrix.
  public init() {}

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "MambaALog", config: [:])
  }

  /// Refuses scalars.
  public func check(_ shape: Shape) throws {
    guard shape.rank >= 1 else {
      throw InitializerError.unsuitableRank("MambaALog", shape: shape, needed: "at least one axis")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let states = max(shape.dimensions.last ?? 0, 1)
    return { PortableMath.log(Double($0 % states + 1)) }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    explanation.formula = .init("A_log[…, n] = ln(n + 1)", "n < \(shape.dimensions.last ?? 0)")
  }
}

extension Initializer where Self == MambaStateInitializer {
  /// Mamba's `A_log`: ln(n + 1) for state n.
  public static var mambaALog: Self { .init() }
}
