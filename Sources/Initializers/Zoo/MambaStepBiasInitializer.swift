public import RandomSampling
public import Tensors
public import VariableGraph

/// Fills the bias of Mamba's step sizes so that softplus(bias) is log-uniform in [minimum, maximum).
///
/// dt = max(exp(u · (ln maximum − ln minimum) + ln minimum), floor) with u of U[0, 1);
/// bias = dt + ln(1 − e^(−dt)), the inverse of softplus.
///
/// - Shape: any; one value a channel (Mamba) or a head (Mamba-2).
/// - Locality: `.element`.
/// - Source: Gu and Dao (2023), "Mamba: linear-time sequence modeling with selective state spaces",
///   section 3.6; `dt_proj.bias` of `mamba_ssm.modules.mamba_simple.Mamba`.
public struct MambaStepBiasInitializer: Initializer {
  /// The smallest step.
  public let minimum: Double
  /// The largest step.
  public let maximum: Double
  /// Steps below it are raised to it.
  public let floor: Double
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 < minimum ≤ maximum and floor > 0.
  public init(
    minimum: Double = 0.001, maximum: Double = 0.1, floor: Double = 1e-4, seed: Int64? = nil
  ) throws {
    try StepRange.check("MambaDtBias", minimum, maximum)
    try InitializerError.require(
      floor > 0 && floor.isFinite, "MambaDtBias", "dt_init_floor", floor, "positive and finite")
    self.minimum = minimum
    self.maximum = maximum
    self.floor = floor
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "MambaDtBias",
      config: [
        "dt_min": .double(minimum), "dt_max": .double(maximum), "dt_init_floor": .double(floor),
        "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: "MambaDtBias")
    try KerasSeed.validate(seed, "MambaDtBias", in: dialect)
  }

  /// dt + ln(1 − e^(−dt)).
  static func inverseSoftplus(_ step: Double) -> Double {
    step + PortableMath.log(-PortableMath.expMinusOne(-step))
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    scalarType.floatingFormat.map { [.uniform(count: shape.elementCount, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let low = PortableMath.log(minimum)
    let width = PortableMath.log(maximum) - low
    let floor = floor
    try TransformedUniform.fill(
      &span, elements: range, of: target, className: "MambaDtBias", from: 0, to: 1
    ) { u in
      Self.inverseSoftplus(max(PortableMath.exp(u * width + low), floor))
    }
  }

  /// The bounds with their numbers.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    let low = Self.inverseSoftplus(max(minimum, floor))
    let high = Self.inverseSoftplus(max(maximum, floor))
    if low <= high { explanation.describe(.within(low...high)) }
    explanation.distribution = "inverse softplus of a log-uniform"
    explanation.formula = .init(
      "dt + ln(1 − e^(−dt)), dt = max(exp(u · (ln dt_max − ln dt_min) + ln dt_min), floor)",
      """
      dt between \(minimum) and \(maximum): bias between \(InitializerExplanation.text(low)) and \
      \(InitializerExplanation.text(high))
      """)
    return explanation
  }
}

extension Initializer where Self == MambaStepBiasInitializer {
  /// The bias of Mamba's step sizes.
  public static func mambaStepBias(
    minimum: Double = 0.001, maximum: Double = 0.1, floor: Double = 1e-4, seed: Int64? = nil
  ) throws -> Self { try .init(minimum: minimum, maximum: maximum, floor: floor, seed: seed) }
}
