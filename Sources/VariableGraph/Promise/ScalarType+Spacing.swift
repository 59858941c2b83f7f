internal import Tensors

extension ScalarType {
  /// An upper bound on the distance of neighbouring numbers at a magnitude; 0 for integers.
  func spacing(at magnitude: Double) -> Double {
    // 2^(1 − p) of the significand's p bits, and the smallest number above 0.
    let (relative, least): (Double, Double) =
      switch self {
      case .float16: (0x1p-10, 0x1p-24)
      case .bfloat16: (0x1p-7, 0x1p-133)
      case .float32: (0x1p-23, 0x1p-149)
      case .float64: (0x1p-52, 0x1p-1074)
      default: (0, 0)
      }
    return abs(magnitude) * relative + least
  }
}
