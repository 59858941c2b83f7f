internal import TensorMemory

/// Writes safetensors files whose bytes are those of the format's own library.
struct SafetensorsWriter {
  private let source: any TensorSource
  private let configuration: ModelFile.Configuration
  private let order: [Int]

  init(_ source: some TensorSource, _ configuration: ModelFile.Configuration) {
    self.source = source
    self.configuration = configuration
    let entries = source.entries
    order =
      configuration.keepsOrder
      ? Array(entries.indices)
      : entries.indices.sorted { SafetensorsType.isInWritingOrder(entries[$0], entries[$1]) }
  }

  /// Writes one file, or shards and their index where the tensors are more than a shard may have.
  func write(to path: String) throws -> [String] {
    let shards = self.shards
    let paths = shards.indices.map { number in
      shards.count == 1 ? path : Self.path(ofShard: number, of: shards.count, path)
    }
    let reader = PartReader(source)
    var files = try zip(paths, shards).map { path, shard in
      try file(of: shard, replacing: path, reader)
    }
    if shards.count > 1 {
      let index = try WritableFile(replacing: Self.indexPath(path))
      let listed = zip(paths, shards).map { path, shard in
        (
          name: String(path.split(separator: "/").last ?? ""),
          tensors: shard.map { source.entries[$0] }
        )
      }
      try index.append(Array(SafetensorsIndex.text(of: listed).utf8))
      try index.finish()
      files.append(index)
    }
    // The index comes last: who finds it finds all that it names.
    for file in files { try file.publish() }
    return files.map(\.path)
  }

  /// Each shard takes tensors in order while they fit; a tensor that is larger than a shard has its own.
  private var shards: [[Int]] {
    guard let limit = configuration.maximumShardByteCount else { return [order] }
    var shards: [[Int]] = []
    var byteCount = 0
    for index in order {
      let next = source.entries[index].byteCount
      if shards.isEmpty || next > limit - byteCount, shards.last?.isEmpty != true {
        shards.append([])
        byteCount = 0
      }
      shards[shards.count - 1].append(index)
      byteCount += next
    }
    return shards.isEmpty ? [[]] : shards
  }

  private func file(
    of shard: [Int], replacing path: String, _ reader: PartReader
  ) throws -> WritableFile {
    let header = try SafetensorsHeader(
      shard.map { source.entries[$0] }, metadata: configuration.metadata(shard))
    let file = try WritableFile(replacing: path)
    try file.append(header.bytes)
    for index in shard { try reader.forEachPart(of: index) { try file.append($0) } }
    try file.finish()
    return file
  }

  /// `model-00001-of-00002.safetensors` for `model.safetensors`, as Hugging Face's libraries name shards.
  private static func path(ofShard number: Int, of count: Int, _ path: String) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    let end = ".\(ModelFormat.safetensors.rawValue)"
    return "\(path.dropLast(end.count))-\(digits(number + 1))-of-\(digits(count))\(end)"
  }

  private static func indexPath(_ path: String) -> String { "\(path).index.json" }
}
