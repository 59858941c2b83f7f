public import Foundation
internal import TensorMemory
public import Tensors

/// NumPy's `.npy` format, version 1.0.
///
/// bfloat16, which NumPy does not have, is written as the field does it: `<V2`, the raw two bytes, as
/// `ml_dtypes` saves it; `array.view(ml_dtypes.bfloat16)` reads it.
///
/// - Source: NumPy enhancement proposal 1.
public enum NumPyFile {
  /// The bytes of a file that holds the tensor. The payload begins at a multiple of 64.
  public static func data(from tensor: Tensor) -> Data {
    var data = header(shape: tensor.shape, scalarType: tensor.scalarType)
    tensor.storage.withData(in: 0..<tensor.byteCount) { data.append($0) }
    return data
  }

  /// What stands before the elements, row-major and little-endian, of a tensor.
  public static func header(shape: Shape, scalarType: ScalarType) -> Data {
    let description =
      "{'descr': '\(descriptor(scalarType))', 'fortran_order': False, 'shape': "
      + "\(shape.tupleDescription), }"
    let prefix = 10
    let padding = 64 - (prefix + description.utf8.count + 1) % 64
    let header = description + String(repeating: " ", count: padding % 64) + "\n"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
    data.append(UInt8(truncatingIfNeeded: header.utf8.count))
    data.append(UInt8(truncatingIfNeeded: header.utf8.count >> 8))
    data.append(contentsOf: header.utf8)
    return data
  }

  private static func descriptor(_ type: ScalarType) -> String {
    switch type {
    case .bfloat16: "<V2"
    case .float16, .float32, .float64: "<f\(type.byteCount)"
    case .int8: "|i1"
    case .int16, .int32, .int64: "<i\(type.byteCount)"
    case .uint8: "|u1"
    case .uint16, .uint32, .uint64: "<u\(type.byteCount)"
    case .bool: "|b1"
    }
  }
}
