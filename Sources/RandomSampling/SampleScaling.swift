internal import CTensorKernels

/// What happens to samples after they are drawn, each operation rounded to the format.
///
/// The factors are values of the format: the caller rounds them as its framework does.
public enum SampleScaling: Sendable, Hashable {
  /// Nothing.
  case none
  /// x · factor, as the initializers of JAX do.
  case product(Double)
  /// x · factor + offset, as Keras does. An offset of 0 turns −0 into 0.
  case productAndSum(Double, Double)

  /// One value, in a format whose operations are those of float32 rounded once more.
  func applied(to value: Double, as format: FloatingFormat) -> Double {
    switch self {
    case .none: value
    case .product(let factor): format.product(value, factor)
    case .productAndSum(let factor, let offset):
      format.sum(format.product(value, factor), offset)
    }
  }

  /// True where results can be subnormal in float32: factors this small never meet a sample that
  /// makes up for them.
  var isTiny: Bool {
    switch self {
    case .none: false
    case .product(let factor): abs(factor) < 0x1p-70
    case .productAndSum(let factor, let offset):
      abs(factor) < 0x1p-70 && abs(offset) < 0x1p-70
    }
  }
}
