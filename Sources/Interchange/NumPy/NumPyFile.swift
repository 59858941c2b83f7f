public import Foundation
public import TensorMemory
public import Tensors

/// NumPy's `.npy` format: one array in a file.
///
/// Versions 1.0 to 3.0 are read, 1.0 is written. Big-endian elements and arrays whose first axis varies
/// fastest are turned while they are read; the latter are held in memory whole for it.
///
/// bfloat16, which NumPy does not have, is `<V2`, the raw two bytes, as `ml_dtypes` and JAX save it;
/// `array.view(ml_dtypes.bfloat16)` reads it.
///
/// - Source: NumPy enhancement proposal 1.
public struct NumPyFile: TensorSource {
  private let array: NumPyArray

  /// Opens a file and reads its header. The array has the file's name without `.npy`.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  public init(path: String) throws {
    let file = try ReadableFile(path: path)
    var name = String(path.split(separator: "/").last ?? "")
    let end = ".\(ModelFormat.npy.rawValue)"
    if name.hasSuffix(end) { name.removeLast(end.count) }
    array = try NumPyArray(.plain(file, 0..<file.byteCount), name: name)
  }

  /// The name of the format.
  public var formatName: String { ModelFormat.npy.rawValue }
  /// The one array.
  public var entries: [TensorEntry] { [array.entry] }

  /// Reads a part of the array; see `TensorSource`.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try array.read(into: &span, at: offset)
  }

  /// Where the array lies; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? { array.location }

  /// The bytes of a file that holds the tensor. The payload begins at a multiple of 64.
  public static func data(from tensor: Tensor) -> Data {
    var data = header(shape: tensor.shape, scalarType: tensor.scalarType)
    tensor.storage.withData(in: 0..<tensor.byteCount) { data.append($0) }
    return data
  }

  /// What stands before the elements, row-major and little-endian, of a tensor.
  public static func header(shape: Shape, scalarType: ScalarType) -> Data {
    Data(NumPyHeader(shape: shape, scalarType: scalarType).bytes)
  }

  /// A finished file with the source's only tensor.
  static func file(
    of source: some TensorSource, replacing path: String, sparing inputs: [String]
  ) throws -> WritableFile {
    let entries = source.entries
    guard entries.count == 1 else {
      throw ModelFileError.tooManyTensors(path, found: entries.count)
    }
    let file = try WritableFile(replacing: path, sparing: inputs)
    try file.append(
      NumPyHeader(shape: entries[0].shape, scalarType: entries[0].scalarType).bytes)
    try PartReader(source).forEachPart(of: 0) { try file.append($0) }
    try file.finish()
    return file
  }
}
