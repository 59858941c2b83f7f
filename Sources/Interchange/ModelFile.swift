internal import TensorMemory

/// A format of model files, by the end of a file's name.
public enum ModelFormat: String, Sendable, CaseIterable {
  /// Hugging Face's format; also an index of several files.
  case safetensors
  /// NumPy's archive of arrays.
  case npz
  /// NumPy's file of one array.
  case npy

  /// The format that a file's name says.
  ///
  /// - Throws: `ModelFileError.Code.unknownFormat`.
  public init(ofPath path: String) throws {
    if path.hasSuffix(SafetensorsIndex.pathEnd) {
      self = .safetensors
    } else if let format = ModelFormat.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") })
    {
      self = format
    } else {
      throw ModelFileError.unknownFormat(path)
    }
  }
}

/// Opens and writes model files of every format.
public enum ModelFile {
  /// Opens a file by the end of its name, and reads no more of it than says what is in it.
  ///
  /// - Throws: `ModelFileError`, `FileAccessError`.
  public static func open(_ path: String) throws -> any TensorSource {
    switch try ModelFormat(ofPath: path) {
    case .safetensors where path.hasSuffix(SafetensorsIndex.pathEnd):
      try SafetensorsIndex(path: path)
    case .safetensors: try SafetensorsFile(path: path)
    case .npz: try NumPyArchive(path: path)
    case .npy: try NumPyFile(path: path)
    }
  }

  /// How a file is to be written.
  public struct Configuration: Sendable {
    /// Keeps the source's order of tensors; false sorts them as the format's own library does.
    public var keepsOrder = false
    /// Splits a safetensors file so that no part has more bytes of tensors, where no tensor has.
    public var maximumShardByteCount: Int?
    /// Files that must not be replaced, by whatever path or link they are named, such as that of the source.
    public var inputs: [String] = []
    /// What stands in a safetensors file that has the tensors at these places; `nil` for nothing.
    public var metadata: @Sendable ([Int]) -> [MetadataPair]? = { _ in nil }

    /// The usual configuration.
    public init() {}
  }

  /// Writes tensors to files that are there when all of them are whole and on the disk.
  ///
  /// The bytes depend on the tensors and on the configuration alone.
  ///
  /// - Returns: The paths of the files; of shards the index comes last.
  /// - Throws: `ModelFileError`, `FileAccessError`, and as the source.
  public static func write(
    _ source: some TensorSource, to path: String, _ configuration: Configuration = Configuration()
  ) throws -> [String] {
    let format = try ModelFormat(ofPath: path)
    guard !path.hasSuffix(SafetensorsIndex.pathEnd) else {
      throw ModelFileError.unknownFormat(path)
    }
    guard format == .safetensors || configuration.maximumShardByteCount == nil else {
      throw ModelFileError.unwritableShards(path)
    }
    switch format {
    case .safetensors:
      return try SafetensorsWriter(source, configuration).write(to: path)
    case .npz:
      let file = try NumPyArchive.file(
        of: source, replacing: path, sparing: configuration.inputs,
        keepsOrder: configuration.keepsOrder)
      try file.publish()
    case .npy:
      let file = try NumPyFile.file(
        of: source, replacing: path, sparing: configuration.inputs)
      try file.publish()
    }
    return [path]
  }
}
