internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a table of positions with sines and cosines of falling frequencies.
///
/// With d columns and position p: `interleaved` has sin(p · f) in column 2i and cos(p · f) in column
/// 2i + 1, f = base^(−2i / d); `concatenated` has the sines of ⌊d/2⌋ frequencies first and then their
/// cosines, f = base^(−i / (⌊d/2⌋ − 1)), and 0 in the last column where d is odd.
///
/// Angles are products of doubles, rounded once; frequency, sine and cosine are within 1 ulp. So a
/// value differs from the exact formula by at most 2⁻⁵¹ · p · f, and half a unit of the dtype.
///
/// - Shape: `[…, positions, d]`, rank ≥ 2.
/// - Locality: `.element`. Draws nothing.
/// - Source: Vaswani et al. (2017), "Attention is all you need", section 3.5 (interleaved);
///   `get_timing_signal_1d` of Tensor2Tensor and fairseq's `SinusoidalPositionalEmbedding`
///   (concatenated).
public struct SinusoidalTableInitializer: TableInitializer {
  /// The order of the columns.
  public enum Arrangement: String, Sendable, Hashable, CaseIterable {
    /// Sine and cosine of one frequency side by side.
    case interleaved
    /// All sines, and then all cosines.
    case concatenated
  }

  /// The ratio of the longest wave to the shortest, 10,000 in the paper.
  public let base: Double
  /// The order of the columns.
  public let arrangement: Arrangement
  /// The position of the first row.
  public let start: Int

  /// - Throws: `InitializerError.Code.invalidParameter` unless base > 0 and 0 ≤ start < 2⁴⁰.
  public init(
    base: Double = 10000, arrangement: Arrangement = .interleaved, start: Int = 0
  ) throws {
    let name = "SinusoidalTable"
    try InitializerError.require(
      base > 0 && base.isFinite, name, "base", base, "positive and finite")
    try InitializerError.require(
      start >= 0 && start < 1 << 40, name, "start", start, "from 0 to 2^40 − 1")
    self.base = base
    self.arrangement = arrangement
    self.start = start
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "SinusoidalTable",
      config: [
        "base": .double(base), "arrangement": .string(arrangement.rawValue),
        "start": .integer(Int64(start)),
      ])
  }

  /// Refuses ranks below 2.
  public func check(_ shape: Shape) throws {
    guard shape.rank >= 2 else {
      throw InitializerError.unsuitableRank(
        "SinusoidalTable", shape: shape, needed: "the form […, positions, d]")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let columns = max(shape.dimensions[shape.rank - 1], 1)
    let positions = max(shape.dimensions[shape.rank - 2], 1)
    let half = columns / 2
    let (base, start) = (base, start)
    let isInterleaved = arrangement == .interleaved
    let frequencies = FrequencyTable(count: isInterleaved ? columns / 2 + columns % 2 : half) { i in
      isInterleaved
        ? PortableMath.power(base, -2 * Double(i) / Double(columns))
        : PortableMath.power(base, -Double(i) / Double(max(half - 1, 1)))
    }
    return { index in
      let column = index % columns
      let position = Double(index / columns % positions + start)
      if isInterleaved {
        let angle = position * frequencies[column / 2]
        return column % 2 == 0 ? PortableMath.sine(angle) : PortableMath.cosine(angle)
      }
      guard column < 2 * half else { return 0 }
      let angle = position * frequencies[column % half]
      return column < half ? PortableMath.sine(angle) : PortableMath.cosine(angle)
    }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    explanation.bounds = -1...1
    let columns = shape.dimensions.last ?? 0
    let power = arrangement == .interleaved ? "2i / d" : "i / (⌊d/2⌋ − 1)"
    explanation.formula = .init(
      "sin and cos of p · base^(−\(power))",
      "base \(InitializerExplanation.text(base)), d = \(columns), p from \(start)")
  }
}

/// Frequencies that are worked out once where the table is of a size that people use, else each time.
struct FrequencyTable {
  private let values: [Double]
  private let frequency: (Int) -> Double

  init(count: Int, _ frequency: @escaping (Int) -> Double) {
    values = count <= 1 << 16 ? (0..<count).map(frequency) : []
    self.frequency = frequency
  }

  subscript(index: Int) -> Double { values.isEmpty ? frequency(index) : values[index] }
}

extension Initializer where Self == SinusoidalTableInitializer {
  /// Sines and cosines of falling frequencies.
  public static func sinusoidalTable(
    base: Double = 10000, arrangement: SinusoidalTableInitializer.Arrangement = .interleaved,
    start: Int = 0
  ) throws -> Self { try .init(base: base, arrangement: arrangement, start: start) }
}
