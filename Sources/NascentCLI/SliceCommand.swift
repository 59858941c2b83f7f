import ArgumentParser
import Foundation
import Nascent

/// `nascent slice`: one rank's slice of a variable as a NumPy file.
struct SliceCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "slice",
    abstract: "Writes a rank's slice of a variable, from a store or a manifest, as a .npy file.",
    discussion: """
      Of n places of the axis and w ranks each has n / w in a row, rounded up, the last ones fewer or none, as \
      torch.chunk, FSDP and tensor parallelism cut them. From a manifest, or a store that has only a recipe, \
      only these elements are made. Of a recipe those parts of 64 MiB are compared with its digests that lie in \
      the slice whole.

      Examples:
        nascent slice llama.db lm_head.weight --rank 3/8 --output rows.npy
        nascent slice Examples/models/llama-2-7b.json lm_head.weight --rank 3/8 --axis 1 --output columns.npy
        srun -n 8 nascent slice llama.db lm_head.weight --rank auto --output /local/rows.npy
      """)

  @Argument(help: "A store or a graph manifest.") var file: String
  @Argument(help: "The full name of a variable or of an alias.") var name: String
  @OptionGroup var target: CheckpointOption
  @Option(help: "Which rank of how many, from 0: R/W; auto asks the launcher.") var rank:
    ShareArgument
  @Option(parsing: .unconditional, help: "The axis that is cut; from the end where negative.")
  var axis = 0
  @Option(help: "The file to write.") var output: String
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    let (share, text) = try rank.resolve()
    if case .automatic = rank { Console.error(text) }
    guard let slice = RankSlice(rank: share.index, of: share.count, axis: axis) else {
      preconditionFailure("a share's index is below its count")
    }
    let tensor: Tensor
    // A manifest has no digests.
    var checkedByteCount = 0
    var inputs = [file]
    if try StoreFile.isSQLite(file) {
      let store = try CheckpointStore(path: file, for: .read)
      inputs = try store.filePaths()
      let checked = try await store.checkedSlice(of: name, slice, in: target.checkpoint)
      tensor = checked.tensor
      checkedByteCount = checked.checkedByteCount
    } else {
      let graph = try GraphManifest(registry: .standard).graph(from: FileAccess.read(file))
      tensor = try await Runtime(graph: graph).slice(of: name, slice)
    }
    try await FileAccess.write(to: output, sparing: inputs) { append in
      try append(NumPyFile.header(shape: tensor.shape, scalarType: tensor.scalarType))
      try tensor.storage.withData(in: 0..<tensor.byteCount) { try append($0) }
    }
    guard !json else {
      return Console.print(json: [
        "name": .string(name), "rank": .string(share.argument), "axis": .integer(Int64(axis)),
        "shape": .array(tensor.shape.dimensions.map { .integer(Int64($0)) }),
        "dtype": .string(tensor.scalarType.rawValue), "bytes": .integer(Int64(tensor.byteCount)),
        "checkedBytes": .integer(Int64(checkedByteCount)),
      ])
    }
    Console.print(
      """
      \(output): \(tensor.scalarType.rawValue) \(tensor.shape.json), \(Console.bytes(tensor.byteCount)), of which \
      \(Console.bytes(checkedByteCount)) were compared with digests
      """)
  }
}
