internal import Tensors
internal import VariableGraph

/// What stands before the bytes of a safetensors file: names, dtypes, shapes and places.
///
/// | Offset | Bytes | What |
/// |---|---|---|
/// | 0 | 8 | *N*, the number of bytes of the header, little-endian |
/// | 8 | *N* | a JSON object, spaces behind it |
/// | 8 + *N* | rest | the tensors, in order and without a gap |
///
/// A header is valid if and only if it begins with `{`; *N* is at most `maximumByteCount`; no key stands
/// twice; every tensor has exactly `dtype`, `shape` and `data_offsets`; the offsets of all tensors together
/// cover the bytes behind the header, none twice; and each range has as many bytes as shape and dtype say.
///
/// - Source: README of huggingface/safetensors, section "Format".
public struct SafetensorsHeader: Sendable {
  /// The largest header that the library reads, and so do we.
  public static let maximumByteCount = 100_000_000
  static let metadataKey = "__metadata__"

  /// The tensors in the order of their bytes.
  public let entries: [TensorEntry]
  /// The place of each tensor behind the header.
  public let ranges: [Range<Int>]
  /// The texts under `__metadata__`, in order; `nil` where there is no such key.
  public let metadata: [MetadataPair]?

  /// Lays tensors out in the order given.
  ///
  /// - Throws: `ModelFileError.Code.unwritable` where the bytes do not fit in 64 bits or a tensor is
  ///   called `__metadata__`.
  public init(_ entries: [TensorEntry], metadata: [MetadataPair]?) throws {
    var end = 0
    ranges = try entries.map { entry in
      guard entry.name != Self.metadataKey else {
        throw ModelFileError.unwritableName(
          entry.name, because: "has another meaning in the format")
      }
      let (next, overflow) = end.addingReportingOverflow(entry.byteCount)
      guard !overflow else {
        throw ModelFileError.unwritableName(entry.name, because: "stands behind 2^63 bytes")
      }
      defer { end = next }
      return end..<next
    }
    self.entries = entries
    self.metadata = metadata
  }

  /// The bytes before the tensors. The tensors begin at a multiple of 8.
  public var bytes: [UInt8] {
    var text = "{"
    if let metadata {
      let pairs = metadata.map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
      text += "\"\(Self.metadataKey)\":{\(pairs.joined(separator: ","))}"
    }
    for (entry, range) in zip(entries, ranges) {
      if text.utf8.count > 1 { text += "," }
      text += """
        \(Self.quoted(entry.name)):{"dtype":"\(SafetensorsType.name(of: entry.scalarType))",\
        "shape":\(entry.shape.json),"data_offsets":[\(range.lowerBound),\(range.upperBound)]}
        """
    }
    text += "}"
    let byteCount = (text.utf8.count + 7) / 8 * 8
    let padding = [UInt8](repeating: UInt8(ascii: " "), count: byteCount - text.utf8.count)
    return LittleEndian.bytes(UInt64(byteCount)) + Array(text.utf8) + padding
  }

  /// A bound on the bytes that a tensor takes in a header.
  static func maximumByteCount(of entry: TensorEntry) -> Int {
    // Quotes, punctuation and keys, and two offsets of at most 19 digits.
    quoted(entry.name).utf8.count + entry.shape.json.utf8.count + 100
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).canonicalText }

  /// Reads and checks a header.
  ///
  /// - Parameter json: The *N* bytes.
  /// - Parameter dataByteCount: The number of bytes behind the header.
  /// - Parameter file: The file, for messages.
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`.
  public init(parsing json: [UInt8], dataByteCount: Int, file: String) throws {
    func malformed(_ reason: String) -> ModelFileError { .malformed(file, because: reason) }
    guard json.first == UInt8(ascii: "{") else {
      throw malformed("its header does not begin with a brace")
    }
    var found: [(entry: TensorEntry, range: Range<Int>)] = []
    var metadata: [MetadataPair]?
    var keys: NameSet = []
    do {
      var parser = JSONParser(json)
      try parser.forEachMember { parser, key in
        guard keys.insert(key).inserted else { throw parser.repeated(key) }
        if key == Self.metadataKey {
          metadata = try Self.metadata(&parser, file)
        } else {
          found.append(try Self.tensor(key, &parser, file))
        }
      }
      try parser.end()
    } catch let error as JSONError {
      throw malformed("its header is not the JSON that it must be: \(error.message)")
    }
    // Tensors without bytes stand before those that begin at the same place; sorting is stable.
    found.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var end = 0
    for (entry, range) in found {
      guard range.lowerBound == end else {
        throw malformed(
          """
          the bytes of tensor "\(entry.name.shown)" begin at \(range.lowerBound) and those before it \
          end at \(end)
          """)
      }
      end = range.upperBound
    }
    guard end == dataByteCount else {
      throw malformed("it has \(dataByteCount) bytes behind its header, which tells of \(end)")
    }
    entries = found.map(\.entry)
    ranges = found.map(\.range)
    self.metadata = metadata
  }

  private static func metadata(_ parser: inout JSONParser, _ file: String) throws -> [MetadataPair]
  {
    var pairs: [MetadataPair] = []
    var keys: NameSet = []
    try parser.forEachMember { parser, key in
      guard keys.insert(key).inserted else { throw parser.repeated(key) }
      pairs.append(MetadataPair(key, try parser.text()))
    }
    return pairs
  }

  /// Reads what stands under a tensor's name, and no more of it than a tensor has.
  private static func tensor(
    _ name: String, _ parser: inout JSONParser, _ file: String
  ) throws -> (TensorEntry, Range<Int>) {
    func malformed(_ reason: String) -> ModelFileError {
      .malformed(file, because: "tensor \"\(name.shown)\" \(reason)")
    }
    let needed = "has not exactly dtype, shape and data_offsets, in whole numbers from 0 on"
    func sizes(_ parser: inout JSONParser) throws -> [Int] {
      var sizes: [Int] = []
      try parser.forEachElement { parser in
        guard let size = Int(exactly: try parser.integer()), size >= 0,
          sizes.count < Shape.maximumRank
        else { throw malformed(needed) }
        sizes.append(size)
      }
      return sizes
    }
    var typeName: String?
    var shape: [Int]?
    var range: [Int]?
    try parser.forEachMember { parser, key in
      switch key {
      case "dtype" where typeName == nil: typeName = try parser.text()
      case "shape" where shape == nil: shape = try sizes(&parser)
      case "data_offsets" where range == nil: range = try sizes(&parser)
      default: throw malformed(needed)
      }
    }
    guard let typeName, let shape, let offsets = range else { throw malformed(needed) }
    guard let type = SafetensorsType.scalarType(named: typeName) else {
      throw SafetensorsType.unsupported.contains(typeName)
        ? ModelFileError.unsupportedScalarType(file, tensor: name, found: typeName)
        : malformed(
          "has the dtype \"\(typeName.prefix(80).printable)\", which the format does not have")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw malformed("has the offsets \(offsets.prefix(4)), which are not a beginning and an end")
    }
    let entry: TensorEntry
    do {
      entry = try TensorEntry(name: name, shape: Shape(shape), scalarType: type)
    } catch let error as TensorError {
      throw malformed("has no possible shape. \(error.message)")
    }
    guard entry.byteCount == offsets[1] - offsets[0] else {
      throw malformed(
        """
        of shape \(entry.shape) and dtype \(typeName) needs \(entry.byteCount) bytes and has \
        \(offsets[1] - offsets[0])
        """)
    }
    return (entry, offsets[0]..<offsets[1])
  }
}
