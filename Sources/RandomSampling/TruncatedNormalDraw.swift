/// A call of `torch.nn.init.trunc_normal_`, as PyTorch 2.13 does it.
///
/// Older versions invert the cumulative distribution and draw other values.
public struct TruncatedNormalDraw: Sendable, Hashable {
  /// The number of elements of the tensor.
  public let count: Int
  /// The format of its elements.
  public let format: FloatingFormat
  /// The mean of the normal before truncation.
  public let mean: Double
  /// Its standard deviation, positive.
  public let standardDeviation: Double
  /// The lower bound, in the units of the values.
  public let lower: Double
  /// The upper bound.
  public let upper: Double

  /// A call with these arguments.
  public init(
    count: Int, format: FloatingFormat, mean: Double, standardDeviation: Double, lower: Double,
    upper: Double
  ) {
    self.count = count
    self.format = format
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.lower = lower
    self.upper = upper
  }

  /// True where values can fall outside the bounds, so that the words taken depend on the words.
  public var isDataDependent: Bool {
    count > 0
      && !Self.keepsEverything(
        mean: mean, standardDeviation: standardDeviation, lower: lower, upper: upper)
  }

  /// True where no normal that the generator can make lies outside the bounds: a radius is at most
  /// √(−2 log 2⁻⁵³) = 8.58.
  public static func keepsEverything(
    mean: Double, standardDeviation: Double, lower: Double, upper: Double
  ) -> Bool {
    lower <= mean - 9 * standardDeviation && upper >= mean + 9 * standardDeviation
  }

  /// True where normals are drawn until all lie inside; else uniform numbers are drawn and kept with
  /// the normal's density.
  var takesNormals: Bool {
    NormalDistribution.cumulative((upper - mean) / standardDeviation)
      - NormalDistribution.cumulative((lower - mean) / standardDeviation) > 0.3
  }

  /// The largest number of elements of a tensor whose values can be rejected: to know what it takes,
  /// all of them have to be drawn.
  public static let maximumCount = 1 << 34

  /// False where PyTorch would reject nearly every candidate and hang: bounds thousands of deviations
  /// apart, or so far from the mean that the format's rounding of the density decides.
  public var isDrawable: Bool {
    guard standardDeviation > 0, lower <= upper else { return false }
    if takesNormals { return true }
    let mode = max(lower, min(mean, upper))
    let distance = ((mode - mean) / standardDeviation).magnitude
    let width = (upper - lower) / standardDeviation
    let farthest =
      switch format {
      case .bfloat16: 8.0
      case .float16: 22.0
      case .float32: 2048.0
      case .float64: 1e7
      }
    return width * max(distance, 1) <= 1000 && distance <= farthest
  }
}
