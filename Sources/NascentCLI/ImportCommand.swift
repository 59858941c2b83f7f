import ArgumentParser
import Nascent

/// `nascent import`: the tensors of a model file into a store.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Stores the tensors of a .safetensors, .npz or .npy file as a checkpoint.",
    discussion: """
      Run again with the same file, it skips everything. A model in several safetensors files is imported
      by its index.

      Examples:
        nascent import model.safetensors --store model.db
        nascent import model.safetensors.index.json --store model.db --checkpoint pretrained
        nascent import weights.npz --store model.db --name-map keras-to-torch.json
      """)

  @Argument(help: "A model file, or the index of several.") var file: String
  @Option(help: "The store, a SQLite file; made where there is none.") var store: String
  @OptionGroup var target: CheckpointOption
  @OptionGroup var existing: ExistingOption
  @OptionGroup var names: NameMapOption
  @Option(help: "A bound on tensor bytes in flight, such as 268435456 or 256MiB.")
  var memory = ByteCount(value: 256 << 20)
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Print no progress and no table.") var quiet = false

  func run() async throws {
    let model = try await ModelImport(
      from: ModelFile.open(file), nameMap: names.map(isInverted: true))
    let runtime = Runtime(
      graph: model.graph, store: try CheckpointStore(opening: store, isSilent: quiet || json),
      checkpoint: target.checkpoint,
      configuration: RuntimeConfiguration(memoryByteCount: memory.value),
      toolVersion: "nascent \(NascentVersion.current)")
    let printer = ProgressPrinter(updates: runtime.progress(), isQuiet: quiet || json)
    let policy = existing.onExisting
    let report = try await printer.during { try await runtime.materialize(policy: policy) }
    try model.check(report)
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
}
