import Nascent

/// A tensor as a list of bit patterns, for a plain evaluation of expressions: one element after another,
/// every tensor whole, nothing shared with the evaluation under test but the rounding to halves.
struct ReferenceTensor {
  var shape: [Int]
  var type: ScalarType
  var bits: [UInt64]

  init(_ shape: [Int], _ type: ScalarType, _ bits: [UInt64]) {
    self.shape = shape
    self.type = type
    self.bits = bits
  }

  init(_ tensor: Tensor) {
    shape = tensor.shape.dimensions
    type = tensor.scalarType
    let width = tensor.scalarType.byteCount
    let bytes = [UInt8](tensor.data())
    bits = (0..<tensor.shape.elementCount).map { place in
      (0..<width).reduce(0) { $0 | UInt64(bytes[place * width + $1]) << UInt64(8 * $1) }
    }
  }

  /// The element as a number; exact for floating-point dtypes.
  func number(_ place: Int) -> Double { ScalarCoding.double(bitPattern: bits[place], as: type) }

  /// The element as an integer, extended to 64 bits.
  func integer(_ place: Int) -> Int64 { Self.extended(bits[place], type) }

  static func extended(_ bits: UInt64, _ type: ScalarType) -> Int64 {
    switch type {
    case .int8: Int64(Int8(truncatingIfNeeded: bits))
    case .int16: Int64(Int16(truncatingIfNeeded: bits))
    case .int32: Int64(Int32(truncatingIfNeeded: bits))
    default: Int64(bitPattern: bits)
    }
  }

  static func truncated(_ value: UInt64, _ type: ScalarType) -> UInt64 {
    type.byteCount == 8 ? value : value & (1 << UInt64(8 * type.byteCount) - 1)
  }

  /// A double rounded once to a floating-point dtype; one NaN for all.
  static func rounded(_ value: Double, _ type: ScalarType) -> UInt64 {
    switch type {
    case .float64: (value.isNaN ? Double.nan : value).bitPattern
    case .float32: UInt64((value.isNaN ? Float.nan : Float(value)).bitPattern)
    case .float16: UInt64(HalfPrecision.float16(value.isNaN ? .nan : value))
    default: UInt64(HalfPrecision.bfloat16(value.isNaN ? .nan : value))
    }
  }

  /// Every index of a shape, in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    guard let first = shape.first else { return [[]] }
    let rest = indices(Array(shape.dropFirst()))
    return (0..<first).flatMap { head in rest.map { [head] + $0 } }
  }

  func offset(_ index: [Int]) -> Int {
    zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// A tensor whose element at an index is that of `self` at another one.
  func gathered(_ shape: [Int], _ from: ([Int]) -> [Int]) -> ReferenceTensor {
    ReferenceTensor(shape, type, Self.indices(shape).map { bits[offset(from($0))] })
  }
}
