/// Where the random numbers of one variable come from: a generator of one of the frameworks and its
/// seed. Its three draws mean what they mean in the framework, bit for bit.
///
/// In every draw `range` are the elements to write, of a variable with `count` elements; parameters
/// are rounded as the framework rounds them. Element *i* depends on the source, `count` and *i* only.
public enum RandomSource: Sendable, Hashable {
  /// TensorFlow's Philox 4×32-10, see `PhiloxStream`.
  case philox(SeedPair)
  /// JAX's Threefry 2×32-20, see `ThreefryStream`; scaled as Keras scales on JAX.
  case threefry(ThreefryKey)
  /// PyTorch's MT19937 on the CPU.
  case mersenneTwister(MersenneTwisterState)

  /// Fills `span` with samples from U[low, high).
  ///
  /// - Parameter span: Exactly `range.count` elements of `format`.
  /// - Parameter range: The places of the elements to write in the whole variable, row-major.
  /// - Parameter count: The number of elements of the whole variable.
  /// - Parameter low: The lower bound, inclusive.
  /// - Parameter high: The upper bound; rounding can reach it in 16-bit formats.
  /// - Parameter format: The format of the elements; parameters are rounded to it as the framework
  ///   does.
  /// - Throws: `RandomSamplingError.Code.unavailableDraw`.
  public func fillUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, from low: Double,
    to high: Double, as format: FloatingFormat
  ) throws {
    switch self {
    case .philox(let seed):
      PhiloxStream(seed: seed).fillUniform(
        &span, elements: range, from: low, to: high, as: format)
    case .threefry(let key):
      ThreefryStream(key: key).fillUniform(
        &span, elements: range, of: count, from: format.parameter(low),
        to: format.parameter(high), as: format)
    case .mersenneTwister(let state):
      state.fillUniform(&span, elements: range, from: low, to: high, as: format)
    }
  }

  /// Fills `span` with samples from N(mean, standardDeviation²).
  ///
  /// - Parameter span: Exactly `range.count` elements of `format`.
  /// - Parameter range: The places of the elements to write in the whole variable, row-major.
  /// - Parameter count: The number of elements of the whole variable.
  /// - Parameter mean: The mean of the distribution.
  /// - Parameter standardDeviation: The deviation, a factor before the mean is added.
  /// - Parameter format: The format of the elements; parameters are rounded to it as the framework
  ///   does.
  /// - Throws: `RandomSamplingError.Code.unavailableDraw`.
  public func fillNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, mean: Double,
    standardDeviation: Double, as format: FloatingFormat
  ) throws {
    switch self {
    case .philox(let seed):
      PhiloxStream(seed: seed).fillNormal(
        &span, elements: range, mean: mean, standardDeviation: standardDeviation, as: format)
    case .threefry(let key):
      ThreefryStream(key: key).fillNormal(
        &span, elements: range, of: count,
        scaling: .productAndSum(format.parameter(standardDeviation), format.parameter(mean)),
        as: format)
    case .mersenneTwister(let state):
      state.fillNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: standardDeviation,
        as: format)
    }
  }

  /// Fills `span` with samples from N(mean, standardDeviation²), cut off at the bounds.
  ///
  /// - Parameter span: Exactly `range.count` elements of `format`.
  /// - Parameter range: The places of the elements to write in the whole variable, row-major.
  /// - Parameter count: The number of elements of the whole variable.
  /// - Parameter mean: The mean before truncation.
  /// - Parameter standardDeviation: The deviation before truncation.
  /// - Parameter lower: The lower bound in standard deviations from the mean, in every dialect.
  /// - Parameter upper: The upper bound, likewise.
  /// - Parameter format: The format of the elements; parameters are rounded to it as the framework
  ///   does.
  /// - Throws: `RandomSamplingError.Code.unavailableDraw`; TensorFlow has the bounds −2 and 2 only.
  public func fillTruncatedNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, mean: Double,
    standardDeviation: Double, lower: Double = -2, upper: Double = 2, as format: FloatingFormat
  ) throws {
    switch self {
    case .philox(let seed):
      guard lower == -2, upper == 2 else {
        throw RandomSamplingError.unavailableBounds(lower: lower, upper: upper)
      }
      PhiloxStream(seed: seed).fillTruncatedNormal(
        &span, elements: range, mean: mean, standardDeviation: standardDeviation, as: format)
    case .threefry(let key):
      ThreefryStream(key: key).fillTruncatedNormal(
        &span, elements: range, of: count, lower: format.parameter(lower),
        upper: format.parameter(upper),
        scaling: .productAndSum(format.parameter(standardDeviation), format.parameter(mean)),
        as: format)
    case .mersenneTwister(let state):
      state.fillTruncatedNormal(
        &span, elements: range, of: count, mean: mean, standardDeviation: standardDeviation,
        lower: lower, upper: upper, as: format)
    }
  }
}

extension RandomSource {
  /// The key of JAX's generator, for draws that only JAX has.
  ///
  /// - Throws: `RandomSamplingError.Code.unavailableDraw` for a source of another framework.
  public var threefryKey: ThreefryKey {
    get throws {
      guard case .threefry(let key) = self else {
        throw RandomSamplingError.unavailableKey(self)
      }
      return key
    }
  }
}
