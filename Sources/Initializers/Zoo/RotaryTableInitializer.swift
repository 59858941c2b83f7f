internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a table of rotary position embeddings: cos(p · f) or sin(p · f), or the frequencies
/// f = base^(−2i / d) themselves.
///
/// Columns: `half` has d/2 columns, one a frequency; `repeated` has d, the frequencies twice one after
/// another (Llama, GPT-NeoX); `interleaved` has d, each frequency twice side by side (GPT-J).
///
/// Angles are products of doubles, rounded once; frequency, sine and cosine are within 1 ulp.
///
/// - Shape: `[…, positions, columns]` for sines and cosines, `[columns]` for frequencies; `repeated` and
///   `interleaved` need an even number of columns.
/// - Locality: `.element`. Draws nothing.
/// - Source: Su et al. (2021), "RoFormer: enhanced transformer with rotary position embedding",
///   section 3.2.2, equation 15.
public struct RotaryTableInitializer: TableInitializer {
  /// What the table holds.
  public enum Function: String, Sendable, Hashable, CaseIterable {
    /// cos(p · f).
    case cosine = "cos"
    /// sin(p · f).
    case sine = "sin"
    /// The frequencies f themselves, without positions.
    case frequency = "inv_freq"
  }

  /// How frequencies lie in the columns.
  public enum Arrangement: String, Sendable, Hashable, CaseIterable {
    /// d/2 columns, one for each frequency.
    case half
    /// d columns: all frequencies, and then all of them again.
    case repeated
    /// d columns: each frequency twice side by side.
    case interleaved
  }

  /// What the table holds.
  public let function: Function
  /// How frequencies lie in the columns.
  public let arrangement: Arrangement
  /// The base of the frequencies, 10,000 in the paper.
  public let base: Double

  /// - Throws: `InitializerError.Code.invalidParameter` unless base > 0.
  public init(
    _ function: Function, arrangement: Arrangement = .half, base: Double = 10000
  ) throws {
    try InitializerError.require(
      base > 0 && base.isFinite, "RotaryTable", "base", base, "positive and finite")
    self.function = function
    self.arrangement = arrangement
    self.base = base
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "RotaryTable",
      config: [
        "function": .string(function.rawValue), "arrangement": .string(arrangement.rawValue),
        "base": .double(base),
      ])
  }

  /// Refuses other ranks, and odd numbers of columns where frequencies are there twice.
  public func check(_ shape: Shape) throws {
    let isFrequency = function == .frequency
    guard isFrequency ? shape.rank == 1 : shape.rank >= 2 else {
      throw InitializerError.unsuitableRank(
        "RotaryTable", shape: shape,
        needed: isFrequency ? "one axis" : "the form […, positions, columns]")
    }
    guard arrangement == .half || (shape.dimensions.last ?? 0) % 2 == 0 else {
      throw InitializerError.unsuitableShape(
        "RotaryTable", shape: shape, needed: "an even number of columns")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let columns = max(shape.dimensions.last ?? 0, 1)
    let positions = max(shape.rank >= 2 ? shape.dimensions[shape.rank - 2] : 1, 1)
    let count = arrangement == .half ? columns : max(columns / 2, 1)
    let (base, function, arrangement) = (base, function, arrangement)
    let frequencies = FrequencyTable(count: count) { i in
      PortableMath.power(base, -Double(i) / Double(count))
    }
    return { index in
      let column = index % columns
      let frequency = frequencies[arrangement == .interleaved ? column / 2 : column % count]
      let position = Double(index / columns % positions)
      switch function {
      case .frequency: return frequency
      case .cosine: return PortableMath.cosine(position * frequency)
      case .sine: return PortableMath.sine(position * frequency)
      }
    }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    let columns = shape.dimensions.last ?? 0
    explanation.bounds = function == .frequency ? nil : -1...1
    explanation.formula = .init(
      function == .frequency ? "base^(−2i / d)" : "\(function.rawValue)(p · base^(−2i / d))",
      """
      base \(InitializerExplanation.text(base)), \
      d = \(InitializerExplanation.text((arrangement == .half ? 2 : 1) * Double(columns)))
      """)
  }
}

extension Initializer where Self == RotaryTableInitializer {
  /// A table of rotary position embeddings.
  public static func rotaryTable(
    _ function: RotaryTableInitializer.Function,
    arrangement: RotaryTableInitializer.Arrangement = .half, base: Double = 10000
  ) throws -> Self { try .init(function, arrangement: arrangement, base: base) }
}
