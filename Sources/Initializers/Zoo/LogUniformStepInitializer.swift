internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a vector with the logarithms of step sizes: samples from U[ln minimum, ln maximum).
///
/// - Shape: any; S4 has one step size a channel.
/// - Locality: `.element`.
/// - Source: Gu, Gupta, Goel and Ré (2022), "On the parameterization and initialization of diagonal
///   state space models", section 4.1; `log_dt` of `S4DKernel` in the authors' repository.
public struct LogUniformStepInitializer: DistributionInitializer {
  /// The smallest step.
  public let minimum: Double
  /// The largest step.
  public let maximum: Double
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 < minimum ≤ maximum.
  public init(minimum: Double = 0.001, maximum: Double = 0.1, seed: Int64? = nil) throws {
    try StepRange.check("S4DLogStep", minimum, maximum)
    self.minimum = minimum
    self.maximum = maximum
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "S4DLogStep",
      config: [
        "dt_min": .double(minimum), "dt_max": .double(maximum), "seed": JSONValue(seed: seed),
      ])
  }

  /// U[ln minimum, ln maximum).
  public func distribution(for shape: Shape) -> SampledDistribution {
    .uniform(low: PortableMath.log(minimum), high: PortableMath.log(maximum))
  }

  /// The bounds with their numbers.
  public func formula(for shape: Shape) -> InitializerExplanation.Formula? {
    let low = InitializerExplanation.text(PortableMath.log(minimum))
    let high = InitializerExplanation.text(PortableMath.log(maximum))
    return .init(
      "U[ln dt_min, ln dt_max)", "U[ln \(minimum), ln \(maximum)) = U[\(low), \(high))")
  }
}

/// The check of a range of step sizes, which two initializers share.
enum StepRange {
  static func check(_ className: String, _ minimum: Double, _ maximum: Double) throws {
    try InitializerError.require(
      minimum > 0 && minimum.isFinite, className, "dt_min", minimum, "positive and finite")
    try InitializerError.require(
      maximum >= minimum && maximum.isFinite, className, "dt_max", maximum,
      "finite and at least dt_min, \(minimum)")
  }
}
