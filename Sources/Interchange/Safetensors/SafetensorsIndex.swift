public import TensorMemory
internal import Tensors
internal import VariableGraph

/// A model in several safetensors files, by the index that Hugging Face's libraries write.
///
/// `{"metadata": {"total_size": 4096}, "weight_map": {"wte.weight": "model-00001-of-00002.safetensors"}}`.
/// The files stand in the index's own folder. They must have exactly the tensors that the index names.
public struct SafetensorsIndex: TensorSource {
  /// What the name of an index ends with.
  public static let pathEnd = ".safetensors.index.json"

  private let shards: [SafetensorsFile]
  private let places: [(file: Int, index: Int)]
  /// The tensors, file after file.
  public let entries: [TensorEntry]
  /// The texts that all files have alike, and the tied names of each.
  public let metadata: [MetadataPair]?

  /// Opens an index and all files that it names.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  public init(path: String) throws {
    let map = try Self.weightMap(path)
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    let names = NameSet(names: map.values).sorted().map(\.text)
    let shards = try names.map { try SafetensorsFile(path: folder + $0) }
    var entries: [TensorEntry] = []
    var places: [(Int, Int)] = []
    for (number, file) in shards.enumerated() {
      for (index, entry) in file.entries.enumerated() {
        guard let fileName = map[entry.name], NameKey(fileName) == NameKey(names[number]) else {
          throw ModelFileError.malformed(
            path,
            because:
              "\"\(names[number])\" has tensor \"\(entry.name.shown)\", which it does not say"
          )
        }
        entries.append(entry)
        places.append((number, index))
      }
    }
    guard entries.count == map.count else {
      let missing = Set(map.keys).subtracting(NameSet(names: entries.map(\.name)))
      throw ModelFileError.malformed(
        path, because: "no file has tensor \"\(missing.min()?.text.shown ?? "")\", which it names")
    }
    for key in [ModelMetadata.Key.specFingerprint, .seed, .step] {
      let said = Set(shards.map { ModelMetadata.text(key, in: $0.metadata) })
      guard said.count <= 1 else {
        throw ModelFileError.malformed(
          path, because: "its files are of several exports, which differ in \"\(key.rawValue)\"")
      }
    }
    self.shards = shards
    self.entries = entries
    self.places = places
    let first = shards.first?.metadata ?? []
    let common = first.filter { pair in shards.allSatisfy { $0.metadata?.contains(pair) == true } }
    let tied = shards.flatMap { ModelMetadata.tied(in: $0) }.map {
      MetadataPair($0.name, $0.target)
    }
    let all = common + tied.filter { !common.contains($0) }
    metadata = shards.contains { $0.metadata != nil } ? all : nil
  }

  /// The name of the format.
  public var formatName: String { ModelFormat.safetensors.rawValue }

  /// Each shard with its own tensors; see `TensorSource`.
  public var files: [(metadata: [MetadataPair]?, entries: Range<Int>)] {
    var start = 0
    return shards.map { shard in
      defer { start += shard.entries.count }
      return (shard.metadata, start..<start + shard.entries.count)
    }
  }

  /// Reads a part of a tensor; see `TensorSource`.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    let place = places[index]
    try shards[place.file].read(into: &span, at: offset, of: place.index)
  }

  /// Where a tensor lies; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? {
    shards[places[index].file].location(of: places[index].index)
  }

  /// The text of an index, as `json.dumps(…, indent=2, sort_keys=True)` of Python writes it.
  static func text(of files: [(name: String, tensors: [TensorEntry])]) -> String {
    let total = files.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
    let lines = files.flatMap { file in file.tensors.map { (name: $0.name, file: file.name) } }
      .sorted { NameKey($0.name) < NameKey($1.name) }
      .map { "    \($0.name.pythonQuoted): \($0.file.pythonQuoted)" }
    return """
      {
        "metadata": {
          "total_size": \(total)
        },
        "weight_map": {
      \(lines.joined(separator: ",\n"))
        }
      }

      """
  }

  /// As much as the names of shards with the longest headers need, some of them.
  private static let maximumByteCount = 1 << 29

  /// The files of the tensors. The index is read member by member: names that differ in their bytes alone are
  /// two.
  private static func weightMap(_ path: String) throws -> NameTable<String> {
    func malformed(_ reason: String) -> ModelFileError { .malformed(path, because: reason) }
    let file = try ReadableFile(path: path)
    guard file.byteCount <= maximumByteCount else {
      throw malformed("it has \(file.byteCount) bytes, which is too much for an index")
    }
    var map: NameTable<String> = [:]
    var keys: NameSet = []
    do {
      var parser = JSONParser(try file.bytes(in: 0..<file.byteCount))
      if parser.isAtObject() {
        try parser.forEachMember { parser, key in
          guard keys.insert(key).inserted else { throw parser.repeated(key) }
          guard key == "weight_map", parser.isAtObject() else {
            _ = try parser.value()
            return
          }
          try parser.forEachMember { parser, name in
            let value = try parser.value()
            guard case .string(let fileName) = value, isShardName(fileName) else {
              throw malformed(
                """
                it names \(value.canonicalText.shown), which is no safetensors file of its own folder
                """)
            }
            guard map.updateValue(fileName, forKey: NameKey(name)) == nil else {
              throw parser.repeated(name)
            }
          }
        }
      } else {
        _ = try parser.value()
      }
      try parser.end()
    } catch let error as JSONError {
      throw malformed("it is not JSON: \(error.message)")
    }
    guard !map.isEmpty else { throw malformed("it has no weight_map of names and files") }
    return map
  }

  private static func isShardName(_ name: String) -> Bool {
    // Bytes, as a file system sees them: a slash with an accent behind it is one character of a text.
    name.hasSuffix(".safetensors") && !name.utf8.contains(UInt8(ascii: "/"))
      && !name.utf8.contains(UInt8(ascii: "\\"))
      && !name.unicodeScalars.contains(where: \.isHidden)
  }
}

extension String {
  /// As Python's `json.dumps` writes it: ASCII alone, other characters as UTF-16.
  fileprivate var pythonQuoted: String {
    JSONValue.string(self).canonicalText.unicodeScalars.map { scalar in
      guard scalar.value >= 0x7F else { return String(scalar) }
      return String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }.joined()
  }
}
