public import TensorMemory
public import Tensors

/// The comparison of made values with what their initializer promises.
///
/// Values that are not finite and values beyond promised bounds are never by chance. For the others
/// there are five tests: the means of the first four powers of the standardized values, and the largest
/// distance from the mean where there are no bounds. Each has a probability of a false alarm below 2 · 10⁻⁷, all together below
/// 10⁻⁶ a variable. What the dtype rounds, and the grid of its random numbers, is allowed for.
public struct DistributionCheck: Sendable {
  /// One thing that was compared.
  public struct Finding: Sendable, Hashable {
    /// What was compared, such as `mean`.
    public let quantity: String
    /// What is promised; `nil` where a text says it.
    public let promised: Double?
    /// What was found.
    public let found: Double
    /// The distance in standard errors, as of a normal; `nil` where nothing is left to chance.
    public let score: Double?
    /// True where it is as promised.
    public let holds: Bool

    /// The comparison in words.
    public var description: String {
      var text = "\(quantity) \(Float(found))"
      if let promised { text += " where \(Float(promised)) is promised" }
      if let score {
        text += " (z = \(Float((score * 10).rounded() / 10)), limit \(DistributionCheck.limit))"
      }
      return text
    }
  }

  /// The answer.
  public let verdict: DistributionVerdict
  /// What was compared, in order.
  public let findings: [Finding]

  /// Why values deviate: the findings that do not hold.
  public var reason: String? {
    let broken = findings.filter { !$0.holds }
    return broken.isEmpty ? nil : broken.map(\.description).joined(separator: "; ")
  }

  /// Beyond this many standard errors lies 2 · 10⁻⁷ of a normal, both tails together.
  public static let limit = 5.2
  /// The probability of a false alarm of each test.
  static let falseAlarmRate = 2e-7
  /// Sums of squares of fewer values are too far from a gamma distribution to be judged.
  static let leastCountForVariance = 64.0
  /// The same for third and fourth powers.
  static let leastCountForForm = 2048.0

  /// Compares.
  ///
  /// - Parameter promise: What is promised; `nil` for nothing.
  /// - Parameter moments: Those of all values of the variable.
  /// - Parameter scalarType: The dtype, whose rounding is allowed for.
  public init(_ promise: ValueDistribution?, of moments: Moments, as scalarType: ScalarType) {
    guard let promise, promise.isFinite, moments.count + moments.notFiniteCount > 0 else {
      verdict = .notChecked
      findings = []
      return
    }
    var comparison = DistributionComparison(moments: moments, scalarType: scalarType)
    comparison.compare(with: promise)
    findings = comparison.findings
    verdict = findings.allSatisfy(\.holds) ? .fits : .deviates
  }
}
