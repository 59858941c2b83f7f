internal import Tensors

/// Why a model file cannot be read or written.
public struct ModelFileError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The file is not what its format says it must be.
    public static let malformed = Code(name: "malformed")
    /// The file is right, and has what Nascent does not: another dtype, compression.
    public static let unsupported = Code(name: "unsupported")
    /// The end of the file's name is not that of a format.
    public static let unknownFormat = Code(name: "unknownFormat")
    /// The file has no such tensor.
    public static let unknownTensor = Code(name: "unknownTensor")
    /// A map of names is not one, or leads two names to one.
    public static let nameMap = Code(name: "nameMap")
    /// The format cannot hold what is to be written.
    public static let unwritable = Code(name: "unwritable")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func malformed(_ file: String, because reason: String) -> ModelFileError {
    ModelFileError(
      code: .malformed,
      message: """
        "\(file)" is not a valid model file: \(reason).
        Load it again if it was copied or downloaded, or write it again with the tool that made it.
        """)
  }

  static func unsupported(_ file: String, because reason: String, do way: String) -> ModelFileError
  {
    ModelFileError(
      code: .unsupported, message: "Cannot read \"\(file)\": \(reason).\n\(way)")
  }

  static func unsupportedScalarType(
    _ file: String, tensor: String, found: String
  ) -> ModelFileError {
    unsupported(
      file, because: "tensor \"\(tensor.shown)\" has the dtype \(found.prefix(80).printable)",
      do: """
        Nascent has \(ScalarType.allCases.map(\.rawValue).joined(separator: ", ")): convert the \
        tensor to one of these, or leave it out.
        """)
  }

  static func notBoolean(_ tensor: String, found: UInt8) -> ModelFileError {
    ModelFileError(
      code: .malformed,
      message: """
        Tensor "\(tensor.shown)" of dtype bool has an element of the byte \(found); a bool is 0 or 1.
        Write the tensor again as bool, or as uint8.
        """)
  }

  static func tooLongHeader(_ file: String, found: Int) -> ModelFileError {
    ModelFileError(
      code: .unwritable,
      message: """
        Cannot write "\(file)": its header would have \(found) bytes, and readers of safetensors take at most \
        \(SafetensorsHeader.maximumByteCount); nothing was written.
        Write it in shards, each of which has a header of its own, or as npz.
        """)
  }

  static func notSeekable(_ file: String) -> ModelFileError {
    ModelFileError(
      code: .unwritable,
      message: """
        Cannot write an npz archive into "\(file)", a pipe or a device: it is not written from the first byte to the last.
        Write it to a file, or write safetensors or npy.
        """)
  }

  static func unknownFormat(_ file: String) -> ModelFileError {
    ModelFileError(
      code: .unknownFormat,
      message: """
        The name of "\(file)" does not end as a model file's: .safetensors, .safetensors.index.json, \
        .npz or .npy.
        Give the file such a name.
        """)
  }

  static func unknownTensor(_ name: String, known: [String]) -> ModelFileError {
    let shown = known.prefix(20).map { "\"\($0.shown)\"" }.joined(separator: ", ")
    let rest = known.count > 20 ? " and \(known.count - 20) more" : ""
    return ModelFileError(
      code: .unknownTensor,
      message: """
        The file has no tensor "\(name.shown)"; it has \(known.isEmpty ? "none" : shown + rest).
        Correct the name.
        """)
  }

  static func malformedNameMap(_ detail: String) -> ModelFileError {
    ModelFileError(
      code: .nameMap,
      message: """
        The name map cannot be read: \(detail).
        Write an object of names in the store and names in the file, such as \
        {"dense/kernel": "dense.weight", "block/*/bias": "h.*.b"}.
        """)
  }

  static func unusedNameMap(_ names: [String]) -> ModelFileError {
    let shown = names.prefix(20).map { "\"\($0.shown)\"" }.joined(separator: ", ")
    return ModelFileError(
      code: .nameMap,
      message: """
        The name map names \(shown), and there is no such tensor.
        Correct the names; the left ones are the store's, the right ones the file's.
        """)
  }

  static func ambiguousNameMap(_ first: String, _ second: String, to name: String) -> ModelFileError
  {
    ModelFileError(
      code: .nameMap,
      message: """
        The name map leads both "\(first.shown)" and "\(second.shown)" to \
        "\(name.shown)".
        Give each a name of its own.
        """)
  }

  static func tooManyTensors(_ file: String, found: Int) -> ModelFileError {
    ModelFileError(
      code: .unwritable,
      message: """
        Cannot write "\(file)": a .npy file holds one tensor, and \(found) are selected.
        Select one with --only, or write a .npz or .safetensors file.
        """)
  }

  static func unwritableShards(_ file: String) -> ModelFileError {
    ModelFileError(
      code: .unwritable,
      message: """
        Cannot write "\(file)" in shards: only .safetensors files have them.
        Choose such a name, or leave --max-shard-bytes out.
        """)
  }

  static func unwritableName(_ name: String, because reason: String) -> ModelFileError {
    ModelFileError(
      code: .unwritable,
      message: """
        Cannot write tensor "\(name.shown)": its name \(reason).
        Give it another name with --name-map.
        """)
  }
}
