internal import Tensors

/// The dtypes of safetensors that a tensor here can have.
///
/// - Source: `Dtype` of the crate `safetensors` 0.8; its order is by the size of an element.
enum SafetensorsType {
  /// The dtypes in the order in which the library writes them.
  static let writingOrder: [ScalarType] = [
    .uint64, .int64, .float64, .float32, .uint32, .int32, .bfloat16, .float16, .uint16, .int16,
    .int8, .uint8, .bool,
  ]

  /// The dtypes of the library that no tensor here can have.
  static let unsupported: Set = [
    "F4", "F6_E2M3", "F6_E3M2", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
    "C64",
  ]

  static func name(of type: ScalarType) -> String {
    switch type {
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .bool: "BOOL"
    }
  }

  static func scalarType(named name: String) -> ScalarType? { byName[name] }

  private static let byName = Dictionary(
    uniqueKeysWithValues: ScalarType.allCases.map { (name(of: $0), $0) })
  private static let places = Dictionary(
    uniqueKeysWithValues: writingOrder.enumerated().map { ($1, $0) })

  /// The order in which the library writes tensors: by dtype, then by the bytes of the name.
  static func isInWritingOrder(_ left: TensorEntry, _ right: TensorEntry) -> Bool {
    let (first, second) = (places[left.scalarType] ?? 0, places[right.scalarType] ?? 0)
    return first != second
      ? first < second : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }
}
