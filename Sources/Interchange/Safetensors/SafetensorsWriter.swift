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
    let headers = try zip(paths, shards).map { try header(of: $1, $0) }
    var files = try zip(headers, zip(paths, shards)).map { header, file in
      try self.file(of: file.1, header, replacing: file.0, reader)
    }
    if shards.count > 1 {
      let index = try file(replacing: Self.indexPath(path))
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
    // An index that is there names shards which are replaced one after another: it goes first. The new one
    // comes last: who finds it finds all that it names.
    if shards.count > 1 { try WritableFile.remove(Self.indexPath(path)) }
    for file in files { try file.publish() }
    return files.map(\.path)
  }

  /// Each shard takes tensors in order while they fit; a tensor that is larger than a shard has its own.
  private var shards: [[Int]] {
    guard let limit = configuration.maximumShardByteCount else { return [order] }
    var shards: [[Int]] = []
    var byteCount = 0
    var headerByteCount = 0
    let entries = source.entries
    for index in order {
      let next = entries[index].byteCount
      let inHeader = SafetensorsHeader.maximumByteCount(of: entries[index])
      let isFull =
        next > limit - byteCount
        || inHeader > SafetensorsHeader.maximumByteCount / 2 - headerByteCount
      if shards.isEmpty || isFull, shards.last?.isEmpty != true {
        shards.append([])
        byteCount = 0
        headerByteCount = 0
      }
      shards[shards.count - 1].append(index)
      byteCount += next
      headerByteCount += inHeader
    }
    return shards.isEmpty ? [[]] : shards
  }

  /// - Throws: `ModelFileError.Code.unwritable` where nobody would read so long a header.
  private func header(of shard: [Int], _ path: String) throws -> [UInt8] {
    let entries = source.entries
    let bytes = try SafetensorsHeader(
      shard.map { entries[$0] }, metadata: configuration.metadata(shard)
    ).bytes
    guard bytes.count - 8 <= SafetensorsHeader.maximumByteCount else {
      throw ModelFileError.tooLongHeader(path, found: bytes.count - 8)
    }
    return bytes
  }

  private func file(replacing path: String) throws -> WritableFile {
    try WritableFile(replacing: path, sparing: configuration.inputs)
  }

  private func file(
    of shard: [Int], _ header: [UInt8], replacing path: String, _ reader: PartReader
  ) throws -> WritableFile {
    let file = try file(replacing: path)
    try file.append(header)
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
