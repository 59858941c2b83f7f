import ArgumentParser
import Nascent

/// `nascent import`: the tensors of model files into a store.
struct ImportCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Stores the tensors of .safetensors, .npz or .npy files in a checkpoint.",
    discussion: """
      What the checkpoint has besides stays as it is, so that files can be imported one after another, or
      several at once. A name that is there with the same bytes is skipped, and one that is only declared gets
      its value. A name that is there with other bytes is refused, and nothing is changed; --on-existing
      replace takes those of the file. With --reference no bytes are copied: the store keeps their digests and where
      they lie, and a file that is changed or gone later is named when it is read. A model in several safetensors files is imported by its index.

      Examples:
        nascent import model.safetensors --store model.db
        nascent import model.safetensors.index.json --store model.db --checkpoint pretrained
        nascent import model.safetensors --store model.db --reference
        nascent import weights.npz --store model.db --name-map keras-to-torch.json
        nascent import backbone.safetensors head.npz --store model.db --skip '*.num_batches_tracked'
      """)

  @Argument(help: "Model files, or the index of several.") var files: [String]
  @Option(help: "The store, a SQLite file; made where there is none.") var store: String
  @OptionGroup var target: CheckpointOption
  @OptionGroup var existing: ExistingOption
  @Option(
    help: "Import only tensors whose name in the file matches; may be given several times.")
  var only: [String] = []
  @Option(help: "Leave out tensors whose name in the file matches; may be given several times.")
  var skip: [String] = []
  @OptionGroup var names: NameMapOption
  @Flag(help: "Copy no bytes: refer to those in the files, which must stay as they are.")
  var reference = false
  @Option(help: "A bound on tensor bytes in flight, such as 268435456 or 256MiB.")
  var memory = ByteCount(value: 256 << 20)
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Print no progress and no table.") var quiet = false

  func run() async throws {
    let sources = try files.map { try ModelFile.open($0) }
    try checkSelection(sources)
    let model = try await ModelImport(
      from: sources, nameMap: names.map(isInverted: true),
      selecting: only.isEmpty ? ["*"] : only.map { GlobPattern($0) },
      skipping: skip.map { GlobPattern($0) })
    let store = try CheckpointStore(opening: store, isSilent: quiet || json)
    let (updates, sender) = AsyncStream.makeStream(
      of: MaterializationProgress.self, bufferingPolicy: .bufferingNewest(1))
    let printer = ProgressPrinter(updates: updates, isQuiet: quiet || json)
    let report = try await printer.during {
      try await Remedy.adding(
        """
        Here: --skip GLOB leaves a tensor out, --name-map gives it another name, --on-existing replace takes \
        the file's values, and --checkpoint NAME names another checkpoint.
        """
      ) {
        try await model.store(
          in: store, checkpoint: target.checkpoint, policy: existing.onExisting,
          byReference: reference,
          configuration: RuntimeConfiguration(memoryByteCount: memory.value),
          toolVersion: "nascent \(NascentVersion.current)", progress: { sender.yield($0) })
      }
    }
    if json {
      Console.print(json: MaterializeCommand.document(report))
    } else if !quiet {
      MaterializeCommand.printText(report)
    }
    guard report.isIntact else {
      for flaw in report.flaws { Console.error("Damaged: \(flaw). Nothing was changed.") }
      for damage in report.damages { Console.error("Damaged: \(damage).") }
      throw ExitCode(ExitStatus.no.code)
    }
  }

  /// - Throws: `NoMatchError` where `--only` selects nothing.
  private func checkSelection(_ sources: [any TensorSource]) throws {
    guard !only.isEmpty else { return }
    let selection = NameSelection(only.map { GlobPattern($0) })
    let names = sources.flatMap { $0.entries.map(\.name) }
    guard names.contains(where: selection.contains) else { throw NoMatchError(only, among: names) }
  }
}
