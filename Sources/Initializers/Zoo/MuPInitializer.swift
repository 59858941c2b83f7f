public import Tensors
public import VariableGraph

/// Fills a weight with samples from N(0, s²), s scaled from a base model's shape so that learning rates
/// found on the base model hold for wider ones.
///
/// An axis whose size differs from the base shape's is a width. Where inputs and outputs are widths
/// (a hidden weight) s = σ · √(base fanIn / fanIn); where only inputs are (a readout) s = σ with a
/// multiplier of 1/width in the model, or s = σ · base fanIn / fanIn without one; else s = σ. At the
/// base shape s is always σ.
///
/// - Shape: as the layout says, of the base shape's rank.
/// - Locality: `.element`.
/// - Source: Yang, Hu et al. (2022), "Tensor programs V: tuning large neural networks via zero-shot
///   hyperparameter transfer", table 8 (multiplier) and table 3 (none); `normal_` of microsoft/mup's
///   `mup/init.py` (`constant_std_init_`), with whose values those of the form with a multiplier are
///   compared. The form without is the paper's alone, whose text was not at hand.
public struct MuPInitializer: DistributionInitializer {
  /// Where a readout's factor of 1/width stands.
  public enum Readout: String, Sendable, Hashable, CaseIterable {
    /// In the model's forward pass, as `mup.MuReadout` has it.
    case multiplier
    /// In the initial values.
    case initializer
  }

  /// The deviation at the base shape.
  public let standardDeviation: Double
  /// The shape of the same weight in the base model.
  public let baseShape: [Int]
  /// Where a readout's factor of 1/width stands.
  public let readout: Readout
  private let declaredLayout: WeightLayout
  /// The layout by which fans are read.
  public var layout: WeightLayout? { declaredLayout }
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless standardDeviation > 0 and all sizes
  ///   are at least 1.
  public init(
    standardDeviation: Double, baseShape: [Int], readout: Readout = .multiplier,
    layout: WeightLayout, seed: Int64? = nil
  ) throws {
    try InitializerError.require(
      standardDeviation > 0 && standardDeviation.isFinite, "MuP", "stddev", standardDeviation,
      "positive and finite")
    try InitializerError.require(
      !baseShape.isEmpty && baseShape.allSatisfy { $0 >= 1 }, "MuP", "base_shape", baseShape,
      "a list of sizes of at least 1")
    self.standardDeviation = standardDeviation
    self.baseShape = baseShape
    self.readout = readout
    declaredLayout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "MuP",
      config: [
        "stddev": .double(standardDeviation), "base_shape": JSONValue(baseShape),
        "readout": .string(readout.rawValue), "layout": declaredLayout.json,
        "seed": JSONValue(seed: seed),
      ])
  }

  /// What the weight is, and the factor of σ.
  private func scaling(
    for shape: Shape
  ) throws -> (kind: String, symbols: String, numbers: String, factor: Double) {
    guard shape.rank == baseShape.count else {
      throw InitializerError.unsuitableRank(
        "MuP", shape: shape, needed: "as many axes as its base shape \(baseShape)")
    }
    let base = try ResolvedLayout(declaredLayout, on: Shape(baseShape), for: "MuP")
    let weight = try ResolvedLayout(declaredLayout, on: shape, for: "MuP")
    func isWidth(_ role: ResolvedLayout.Role) -> Bool {
      weight.axes(of: role).contains { shape.dimensions[$0] != baseShape[$0] }
    }
    let (old, new) = (Fans(of: base).fanIn, max(Fans(of: weight).fanIn, 1))
    let (oldText, newText) = (InitializerExplanation.text(old), InitializerExplanation.text(new))
    switch (isWidth(.input), isWidth(.output)) {
    case (true, true):
      return (
        "a hidden weight", " · √(base fanIn / fanIn)", " · √(\(oldText) / \(newText))",
        (old / new).squareRoot()
      )
    case (true, false) where readout == .initializer:
      return (
        "a readout without a multiplier", " · base fanIn / fanIn", " · \(oldText) / \(newText)",
        old / new
      )
    case (true, false): return ("a readout, whose multiplier is in the model", "", "", 1)
    case (false, true): return ("an input weight", "", "", 1)
    case (false, false): return ("no width: as in the base model", "", "", 1)
    }
  }

  /// N(0, s²).
  public func distribution(for shape: Shape) throws -> SampledDistribution {
    .normal(standardDeviation * (try scaling(for: shape).factor))
  }

  /// s with its numbers.
  public func formula(for shape: Shape) throws -> InitializerExplanation.Formula? {
    let scaling = try scaling(for: shape)
    let result = InitializerExplanation.text(standardDeviation * scaling.factor)
    return .init(
      "σ = stddev\(scaling.symbols) (\(scaling.kind))",
      "\(standardDeviation)\(scaling.numbers) = \(result)")
  }
}

extension Initializer where Self == MuPInitializer {
  /// Samples from a normal whose deviation is scaled from a base model's shape.
  public static func muP(
    standardDeviation: Double, baseShape: [Int], readout: MuPInitializer.Readout = .multiplier,
    layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self {
    try .init(
      standardDeviation: standardDeviation, baseShape: baseShape, readout: readout, layout: layout,
      seed: seed)
  }
}
