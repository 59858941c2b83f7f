/// How an initializer comes to its numbers, for people who check them.
///
/// Everything is for one shape, dtype and dialect; what does not apply is `nil` or empty.
public struct InitializerExplanation: Sendable, Hashable {
  /// A formula in symbols, and with the numbers put in.
  public struct Formula: Sendable, Hashable {
    /// Such as `limit = √(6 / fanIn)`.
    public var symbols: String
    /// Such as `√(6 / 784) = 0.08748`.
    public var numbers: String

    /// A formula.
    public init(_ symbols: String, _ numbers: String) {
      self.symbols = symbols
      self.numbers = numbers
    }
  }

  /// An axis and what it is.
  public struct Axis: Sendable, Hashable {
    /// Its size.
    public var size: Int
    /// `input`, `output`, `batch` or `tap`.
    public var role: String

    /// An axis.
    public init(size: Int, role: String) {
      self.size = size
      self.role = role
    }
  }

  /// Where fans come from.
  public enum FanSource: String, Sendable, Hashable {
    /// A layout that is declared with the initializer.
    case declared
    /// The framework's own rule.
    case rule
  }

  /// The layout, by name or axes.
  public var layout: String?
  /// The axes of the shape, in order.
  public var axes: [Axis] = []
  /// Who says what the axes are; `nil` where no fan counts.
  public var fanSource: FanSource?
  /// Inputs of one unit.
  public var fanIn: Double?
  /// Outputs of one unit.
  public var fanOut: Double?
  /// The factor for the nonlinearity, or another that the initializer multiplies with.
  public var gain: Double?
  /// What the values are promised to be: what is made is compared with it. `nil` promises nothing.
  public private(set) var promise: ValueDistribution?
  /// What the values are samples of, or what they are: `uniform`, `a table`.
  public var distribution: String?
  /// The mean that the values should have.
  public var mean: Double?
  /// The standard deviation that the values should have.
  public var standardDeviation: Double?
  /// The bounds that no value passes.
  public var bounds: ClosedRange<Double>?
  /// Where a normal is cut off, in deviations from the mean.
  public var truncation: ClosedRange<Double>?
  /// The formula.
  public var formula: Formula?
  /// What else is to be known, each a sentence.
  public var notes: [String] = []

  /// An explanation that says nothing yet.
  public init() {}

  /// An explanation that promises a distribution; see `describe`.
  public init(promising promise: ValueDistribution) { describe(promise) }

  /// Promises a distribution, with its name, mean, deviation and bounds.
  public mutating func describe(_ promise: ValueDistribution) {
    self.promise = promise
    distribution = promise.name
    mean = promise.mean
    standardDeviation = promise.standardDeviation
    bounds = promise.bounds
    truncation = promise.truncation
  }
}
