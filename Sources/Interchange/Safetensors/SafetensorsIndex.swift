internal import Foundation
internal import TensorMemory
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
    let names = Set(map.values).sorted()
    let shards = try names.map { try SafetensorsFile(path: folder + $0) }
    var entries: [TensorEntry] = []
    var places: [(Int, Int)] = []
    for (number, file) in shards.enumerated() {
      for (index, entry) in file.entries.enumerated() {
        guard map[entry.name] == names[number] else {
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
      let present = Set(entries.map(\.name))
      let missing = map.keys.filter { !present.contains($0) }.sorted()
      throw ModelFileError.malformed(
        path, because: "no file has tensor \"\(missing.first?.prefix(200) ?? "")\", which it names")
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

  /// The text of an index, as `json.dumps(…, indent=2, sort_keys=True)` of Python writes it.
  static func text(of files: [(name: String, tensors: [TensorEntry])]) -> String {
    let total = files.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
    let lines = files.flatMap { file in file.tensors.map { (name: $0.name, file: file.name) } }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
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

  private static func weightMap(_ path: String) throws -> [String: String] {
    func malformed(_ reason: String) -> ModelFileError { .malformed(path, because: reason) }
    let file = try ReadableFile(path: path)
    guard file.byteCount <= SafetensorsHeader.maximumByteCount else {
      throw malformed("it has \(file.byteCount) bytes, which is too much for an index")
    }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: Data(file.bytes(in: 0..<file.byteCount)))
    } catch let error as JSONError {
      throw malformed("it is not JSON: \(error.message)")
    }
    guard case .object(let members) = value, case .object(let map)? = members["weight_map"],
      !map.isEmpty
    else { throw malformed("it has no weight_map of names and files") }
    return try map.mapValues { value in
      guard case .string(let name) = value, name.hasSuffix(".safetensors"), !name.contains("/"),
        !name.contains("\\"), !name.unicodeScalars.contains(where: \.isHidden)
      else {
        throw malformed(
          "it names \(value.canonicalText.shown), which is no safetensors file of its own folder"
        )
      }
      return name
    }
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
