import ArgumentParser
import Nascent

/// `nascent export`: values of a store as a model file.
struct ExportCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes the values of a checkpoint to a .safetensors, .npz or .npy file.",
    discussion: """
      The file is there when it is whole. Equal checkpoints make equal files on every machine; what was
      imported comes out as it came in. bfloat16 is V2 in NumPy's files: array.view(ml_dtypes.bfloat16).

      Examples:
        nascent export gpt2.db gpt2.safetensors
        nascent export gpt2.db layer0.npz --only '*.h.0.*'
        nascent export llama.db model.safetensors --max-shard-bytes 5GiB
        nascent export digits.db digits.safetensors --name-map keras-to-torch.json
      """)

  @Argument(help: "A store.") var store: String
  @Argument(help: "The file to write; the end of its name says the format.") var file: String
  @OptionGroup var target: CheckpointOption
  @Option(help: "Only variables whose name matches; may be given several times.")
  var only: [String] = []
  @OptionGroup var nameMap: NameMapOption
  @Option(
    help: """
      Split a safetensors file so that no part has more bytes of tensors, such as 5GiB; an index stands \
      beside the parts.
      """)
  var maxShardBytes: ByteCount?
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Print no progress.") var quiet = false

  func run() async throws {
    let store = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let patterns = only.isEmpty ? ["*"] : only.map { GlobPattern($0) }
    let selection = NameSelection(patterns)
    let stored = try store.variables(in: target.checkpoint).map(\.name)
    if !only.isEmpty, !stored.contains(where: selection.contains) {
      throw NoMatchError(only, among: stored)
    }
    let (updates, sender) = AsyncStream.makeStream(
      of: MaterializationProgress.self, bufferingPolicy: .bufferingNewest(1))
    let printer = ProgressPrinter(updates: updates, isQuiet: json || quiet)
    let names = try nameMap.map(isInverted: false)
    let report = try await printer.during {
      try await store.export(
        target.checkpoint, to: file, matching: patterns, nameMap: names,
        maximumShardByteCount: maxShardBytes?.value, sparing: [nameMap.nameMap].compactMap(\.self),
        progress: { sender.yield($0) })
    }
    if json {
      Console.print(json: document(report))
      return
    }
    for name in report.unwrittenAliases {
      Console.print("\(name): a second name, for which the file has no place")
    }
    Console.print(
      """
      \(report.tensors.count) tensors, \(Console.bytes(report.byteCount)), to \
      \(report.files.last ?? file)\
      \(report.files.count > 1 ? " and \(report.files.count - 1) parts" : "")
      content digest \(report.contentDigest.hex)
      """)
  }

  private func document(_ report: ExportReport) -> JSONValue {
    [
      "checkpoint": .string(report.checkpoint),
      "files": .array(report.files.map(JSONValue.string)),
      "tensors": .array(
        report.tensors.map { tensor in
          [
            "name": .string(tensor.name), "dtype": .string(tensor.scalarType.rawValue),
            "shape": .array(tensor.shape.dimensions.map { .integer(Int64($0)) }),
            "bytes": .integer(Int64(tensor.byteCount)),
          ]
        }),
      "unwrittenAliases": .array(report.unwrittenAliases.map(JSONValue.string)),
      "bytes": .integer(Int64(report.byteCount)),
      "specFingerprint": .string(report.specFingerprint),
      "contentDigest": .string(report.contentDigest.hex),
    ]
  }
}

/// The argument `--name-map`.
struct NameMapOption: ParsableArguments {
  @Option(
    help: """
      A JSON object that leads from names in the store to names in the file; * on both sides stands for \
      the same text.
      """)
  var nameMap: String?

  /// Reads the map.
  func map(isInverted: Bool) throws -> FileNameMap {
    guard let nameMap else { return .identity }
    return try FileNameMap(parsing: FileAccess.read(nameMap), isInverted: isInverted)
  }
}
