internal import CTensorKernels

/// The element types that `Moments` can be taken of.
public enum MeasurableElement: Sendable {
  /// IEEE 754 binary16: 11 significant bits.
  case float16
  /// The upper half of a binary32: 8 significant bits.
  case bfloat16
  /// IEEE 754 binary32: 24 significant bits.
  case float32
  /// IEEE 754 binary64: 53 significant bits.
  case float64
  /// Signed, 8 bits.
  case int8
  /// Signed, 16 bits.
  case int16
  /// Signed, 32 bits.
  case int32
  /// Signed, 64 bits.
  case int64
  /// Unsigned, 8 bits.
  case uint8
  /// Unsigned, 16 bits.
  case uint16
  /// Unsigned, 32 bits.
  case uint32
  /// Unsigned, 64 bits.
  case uint64
}

/// Count, mean, spread, form and extremes of a run of values; runs are merged in a fixed order.
///
/// The order of operations is fixed, so that the same values give the same moments on every machine.
public struct Moments: Sendable, Hashable {
  /// The number of finite values.
  public var count: Int
  /// The number of NaN and infinite values, which count for nothing else.
  public var notFiniteCount: Int
  /// The arithmetic mean; 0 for no values.
  public var mean: Double
  /// Σ (x − mean)².
  public var squaredDeviations: Double
  /// Σ (x − mean)³.
  public var cubedDeviations: Double
  /// Σ (x − mean)⁴.
  public var fourthDeviations: Double
  /// The smallest value; +∞ for no values.
  public var minimum: Double
  /// The largest value; −∞ for no values.
  public var maximum: Double

  /// The moments of no values.
  public init() {
    count = 0
    notFiniteCount = 0
    mean = 0
    squaredDeviations = 0
    cubedDeviations = 0
    fourthDeviations = 0
    minimum = .infinity
    maximum = -.infinity
  }

  /// Measures the elements in `bytes`; a last, incomplete element is left out.
  ///
  /// - Complexity: two passes over the bytes.
  public init(of bytes: RawSpan, as element: MeasurableElement) {
    let (kernelElement, width) = element.kernel
    let measured = bytes.withUnsafeBytes { buffer -> nascent_moments? in
      guard let base = buffer.baseAddress else { return nil }
      // `count / width` whole elements lie inside the buffer; storages are aligned to 64 bytes, and
      // ranges of elements keep the alignment of the element.
      return unsafe nascent_measure(
        nascent_best_path(), kernelElement, UInt64(buffer.count / width), base)
    }
    self.init()
    guard let measured else { return }
    count = Int(measured.count)
    notFiniteCount = Int(measured.not_finite)
    mean = measured.mean
    squaredDeviations = measured.squared_deviations
    cubedDeviations = measured.cubed_deviations
    fourthDeviations = measured.fourth_deviations
    minimum = measured.minimum
    maximum = measured.maximum
  }

  /// The population standard deviation √(Σ (x − mean)² / count); 0 for no values.
  public var standardDeviation: Double {
    count == 0 ? 0 : (squaredDeviations / Double(count)).squareRoot()
  }

  /// The skew: the mean of ((x − mean) / deviation)³; `nil` where all values are equal, there are
  /// none, or their powers are beyond a double.
  public var skew: Double? {
    let spread = standardDeviation
    return standardized(cubedDeviations, by: spread * spread * spread)
  }

  /// The excess kurtosis: the mean of ((x − mean) / deviation)⁴, less 3, a normal's; `nil` as `skew`.
  public var excessKurtosis: Double? {
    let variance = squaredDeviations / Double(max(count, 1))
    return standardized(fourthDeviations, by: variance * variance).map { $0 - 3 }
  }

  private func standardized(_ sum: Double, by power: Double) -> Double? {
    // The mean of equal values is rounded, so that their deviations are noise.
    guard minimum < maximum, power > 0, power.isFinite, sum.isFinite else { return nil }
    return sum / Double(count) / power
  }

  /// Adds the values that `other` describes.
  ///
  /// - Source: Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and
  ///   arbitrary-order statistical moments", eq. 2.1 to 2.3; of order 2 Chan, Golub and LeVeque (1979).
  public mutating func merge(_ other: Moments) {
    notFiniteCount += other.notFiniteCount
    guard other.count > 0 else { return }
    guard count > 0 else {
      let seen = notFiniteCount
      self = other
      notFiniteCount = seen
      return
    }
    let (a, b) = (Double(count), Double(other.count))
    let n = a + b
    let difference = other.mean - mean
    let (square, product) = (difference * difference, a * b / n)
    fourthDeviations =
      fourthDeviations + other.fourthDeviations
      + square * square * product * ((a * a - a * b + b * b) / (n * n))
      + 6 * square * ((a * a * other.squaredDeviations + b * b * squaredDeviations) / (n * n))
      + 4 * difference * ((a * other.cubedDeviations - b * cubedDeviations) / n)
    cubedDeviations =
      cubedDeviations + other.cubedDeviations
      + square * difference * product * ((a - b) / n)
      + 3 * difference * ((a * other.squaredDeviations - b * squaredDeviations) / n)
    squaredDeviations = squaredDeviations + other.squaredDeviations + square * product
    mean += difference * (b / n)
    count += other.count
    minimum = Swift.min(minimum, other.minimum)
    maximum = Swift.max(maximum, other.maximum)
  }
}

extension MeasurableElement {
  var kernel: (nascent_element, width: Int) {
    switch self {
    case .float16: (NASCENT_F16, 2)
    case .bfloat16: (NASCENT_BF16, 2)
    case .float32: (NASCENT_F32, 4)
    case .float64: (NASCENT_F64, 8)
    case .int8: (NASCENT_I8, 1)
    case .int16: (NASCENT_I16, 2)
    case .int32: (NASCENT_I32, 4)
    case .int64: (NASCENT_I64, 8)
    case .uint8: (NASCENT_U8, 1)
    case .uint16: (NASCENT_U16, 2)
    case .uint32: (NASCENT_U32, 4)
    case .uint64: (NASCENT_U64, 8)
    }
  }
}
