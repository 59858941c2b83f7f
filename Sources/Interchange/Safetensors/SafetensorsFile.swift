public import TensorMemory
internal import Tensors

/// A safetensors file, of which only what is asked for is read.
///
///     let file = try SafetensorsFile(path: "model.safetensors")
///     let row = try file.slice(of: "wte.weight", elements: 0..<768)
public struct SafetensorsFile: TensorSource {
  /// Names, dtypes, shapes and places.
  public let header: SafetensorsHeader
  private let file: ReadableFile
  private let dataOffset: Int

  /// Opens a file, and reads and checks its header.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  public init(path: String) throws {
    file = try ReadableFile(path: path)
    let lengthByteCount = 8
    guard file.byteCount >= lengthByteCount else {
      throw ModelFileError.malformed(
        path, because: "it has \(file.byteCount) bytes, and the length of its header alone has 8")
    }
    let length = LittleEndian.value(
      in: try file.bytes(in: 0..<lengthByteCount), at: 0, as: UInt64.self)
    guard length <= UInt64(SafetensorsHeader.maximumByteCount) else {
      throw ModelFileError.malformed(
        path,
        because:
          "its header has \(length) bytes, and at most \(SafetensorsHeader.maximumByteCount) are read"
      )
    }
    dataOffset = lengthByteCount + Int(length)
    guard dataOffset <= file.byteCount else {
      throw ModelFileError.malformed(
        path, because: "its header has \(length) bytes, and the whole file \(file.byteCount)")
    }
    header = try SafetensorsHeader(
      parsing: file.bytes(in: lengthByteCount..<dataOffset),
      dataByteCount: file.byteCount - dataOffset, file: path)
  }

  /// The name of the format.
  public var formatName: String { ModelFormat.safetensors.rawValue }
  /// The tensors in the order of their bytes.
  public var entries: [TensorEntry] { header.entries }
  /// The texts under `__metadata__`.
  public var metadata: [MetadataPair]? { header.metadata }

  /// Reads a part of a tensor; see `TensorSource`.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try file.read(into: &span, at: dataOffset + header.ranges[index].lowerBound + offset)
  }

  /// Where a tensor lies; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? {
    FileLocation(path: file.path, offset: dataOffset + header.ranges[index].lowerBound)
  }
}
