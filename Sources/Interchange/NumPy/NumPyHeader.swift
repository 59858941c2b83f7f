internal import Foundation
internal import TensorMemory
internal import Tensors

/// What stands before the elements of a NumPy array.
///
/// | Offset | Bytes | What |
/// |---|---|---|
/// | 0 | 6 | `\x93NUMPY` |
/// | 6 | 2 | the version: 1.0, 2.0 or 3.0 |
/// | 8 | 2, or 4 from version 2 on | the length of the rest, little-endian |
/// | 10 or 12 | length | a Python dictionary: `descr`, `fortran_order`, `shape` |
///
/// NumPy has no bfloat16. As the field does it, the two bytes of an element are raw ones, `<V2`: so
/// `ml_dtypes` makes NumPy and JAX save it, and `array.view(ml_dtypes.bfloat16)` reads it.
///
/// - Source: NumPy enhancement proposal 1; `numpy.lib.format`.
struct NumPyHeader {
  /// NumPy's own bound is 10,000 characters.
  static let maximumByteCount = 1 << 20
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The most bytes that stand before the dictionary.
  static let maximumPrefixByteCount = 12

  var shape: Shape
  var scalarType: ScalarType
  /// True where the first axis varies fastest.
  var isColumnMajor = false
  /// True where the highest byte of an element comes first.
  var isBigEndian = false

  /// The bytes of a header of version 1 for row-major, little-endian elements, which begin at a multiple
  /// of 64.
  var bytes: [UInt8] {
    let description =
      "{'descr': '\(Self.descriptor(scalarType))', 'fortran_order': False, 'shape': "
      + "\(shape.tupleDescription), }"
    let prefix = 10
    let padding = 64 - (prefix + description.utf8.count + 1) % 64
    let header = description + String(repeating: " ", count: padding % 64) + "\n"
    return Self.magic + [1, 0] + LittleEndian.bytes(UInt16(header.utf8.count)) + Array(header.utf8)
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

  /// The range of the dictionary, as the first bytes of an array say it.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`.
  static func dictionaryRange(_ prefix: [UInt8], file: String) throws -> Range<Int> {
    guard prefix.count >= 10, prefix.starts(with: magic) else {
      throw ModelFileError.malformed(file, because: "it does not begin as a NumPy array does")
    }
    guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
      throw ModelFileError.unsupported(
        file, because: "it has version \(prefix[6]).\(prefix[7]) of NumPy's format",
        do: "Save it with a NumPy that writes version 1.0, 2.0 or 3.0.")
    }
    if prefix[6] == 1 {
      return 10..<10 + Int(LittleEndian.value(in: prefix, at: 8, as: UInt16.self))
    }
    guard prefix.count >= 12 else {
      throw ModelFileError.malformed(file, because: "it ends inside its header")
    }
    let length = Int(LittleEndian.value(in: prefix, at: 8, as: UInt32.self))
    guard length <= maximumByteCount else {
      throw ModelFileError.malformed(
        file, because: "its header has \(length) bytes, and at most \(maximumByteCount) are read")
    }
    return 12..<12 + length
  }

  init(shape: Shape, scalarType: ScalarType) {
    self.shape = shape
    self.scalarType = scalarType
  }

  /// Reads the dictionary.
  ///
  /// - Parameter tensor: The name of the array, for messages.
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`.
  init(parsing dictionary: [UInt8], tensor: String, file: String) throws {
    guard case .dictionary(let members)? = PythonLiteral(parsing: dictionary),
      Set(members.keys) == ["descr", "fortran_order", "shape"],
      case .bool(let isColumnMajor)? = members["fortran_order"],
      case .tuple(let items)? = members["shape"], let descriptor = members["descr"]
    else {
      throw ModelFileError.malformed(
        file,
        because: """
          the header of array "\(tensor.shown)" is not a dictionary of descr, fortran_order and shape
          """)
    }
    let sizes = items.compactMap { if case .integer(let size) = $0 { size } else { nil } }
    do {
      shape = try Shape(sizes)
    } catch let error as TensorError {
      throw ModelFileError.malformed(
        file,
        because: "array \"\(tensor.shown)\" has no possible shape. \(error.message)")
    }
    guard sizes.count == items.count else {
      throw ModelFileError.malformed(
        file, because: "the shape of array \"\(tensor.shown)\" is not of integers")
    }
    guard case .string(let text) = descriptor, let type = Self.types[String(text.dropFirst())],
      let order = text.first, "<>|=".contains(order), order != ">" || text != ">V2"
    else {
      if case .string(let text) = descriptor, text.hasSuffix("O") {
        throw ModelFileError.unsupported(
          file,
          because:
            "array \"\(tensor.shown)\" holds pickled Python objects, which are never read",
          do: "Save an array of numbers: array.astype(\"float32\").")
      }
      throw ModelFileError.unsupportedScalarType(
        file, tensor: tensor, found: descriptor.description)
    }
    scalarType = type
    // The order of axes tells nothing for one axis.
    self.isColumnMajor = isColumnMajor && shape.dimensions.count { $0 > 1 } > 1
    isBigEndian = order == ">" && type.byteCount > 1
  }

  private static let types = Dictionary(
    uniqueKeysWithValues: ScalarType.allCases.map { (String(descriptor($0).dropFirst()), $0) })
}
