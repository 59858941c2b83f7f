internal import RandomSampling
internal import Tensors
internal import VariableGraph

extension ScalarType {
  /// The floating-point dtypes.
  static let floating: [ScalarType] = [.float16, .bfloat16, .float32, .float64]

  /// The format of samples of this dtype; `nil` for integers and `bool`.
  var floatingFormat: FloatingFormat? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    default: nil
    }
  }

  /// The format of samples of this dtype.
  ///
  /// - Throws: `InitializerError.Code.unsuitableScalarType`.
  func floatingFormat(for className: String) throws -> FloatingFormat {
    guard let format = floatingFormat else {
      throw InitializerError.unsuitableScalarType(
        className, found: self, allowed: ScalarType.floating)
    }
    return format
  }
}
