import ArgumentParser
import Foundation
import Nascent

/// Writes bytes that are ready to a file and waits for the disk: the limit of every store.
struct RawWrite: AsyncParsableCommand {
  @Option var file: String
  @Option var mebibytes = 1024
  @Option var runs = 3

  func run() async throws {
    let piece = Data((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
    let url = URL(filePath: file)
    let timing = try await Timing.measure(
      runs: runs, bytes: mebibytes << 20, prepare: { try removeIfThere(url) }
    ) {
      try Data().write(to: url)
      let handle = try FileHandle(forWritingTo: url)
      for _ in 0..<mebibytes { try handle.write(contentsOf: piece) }
      try handle.synchronize()
      try handle.close()
    }
    try removeIfThere(url)
    try timing.print()
  }
}

/// Materializes equal variables into a new store: made, hashed, on the disk.
struct Materialize: AsyncParsableCommand {
  @Option var file: String
  @Option var variables = 64
  @Option var shape = "4096,1024"
  @Option var threads = 2
  @Option var runs = 3
  @Flag(help: "Leave the last store.") var keep = false

  func run() async throws {
    let dimensions = shape.split(separator: ",").compactMap { Int($0) }
    let graph = try equalVariables(variables, shape: dimensions)
    let url = URL(filePath: file)
    let timing = try await Timing.measure(
      runs: runs, bytes: graph.byteCount, prepare: { try removeIfThere(url) }
    ) {
      let runtime = Runtime(
        graph: graph, store: try CheckpointStore(path: file),
        configuration: RuntimeConfiguration(jobCount: threads))
      _ = try await runtime.materialize()
    }
    if !keep { try removeIfThere(url) }
    try timing.print()
  }
}

/// Reads every variable of a store, with the digest of every chunk checked.
struct Read: AsyncParsableCommand {
  @Option var file: String
  @Option var runs = 5

  func run() async throws {
    let store = try CheckpointStore(path: file, for: .read)
    let names = try store.variables(in: "initial").map(\.name)
    var bytes = 0
    let timing = try await Timing.measure(runs: runs) {
      bytes = 0
      for name in names { bytes += try store.tensor(named: name).byteCount }
    }
    try Timing(seconds: timing.seconds, bytes: bytes).print()
  }
}

/// Opens a store and reads one variable, or a slice of it.
struct ReadOne: AsyncParsableCommand {
  @Option var file: String
  @Option var name: String
  @Option(help: "Elements to read; the whole variable unless said otherwise.") var elements: Int?
  @Option var runs = 21

  func run() async throws {
    let timing = try await Timing.measure(runs: runs) {
      let store = try CheckpointStore(path: file, for: .read)
      if let elements {
        _ = try store.slice(of: name, elements: 0..<elements)
      } else {
        _ = try store.tensor(named: name)
      }
    }
    try timing.print()
  }
}

/// Runs a graph again whose store is complete.
struct Skip: AsyncParsableCommand {
  @Option var file: String
  @Option var variables = 20_000
  @Option var shape = "12800"
  @Option var runs = 5

  func run() async throws {
    let dimensions = shape.split(separator: ",").compactMap { Int($0) }
    let graph = try equalVariables(variables, shape: dimensions)
    let timing = try await Timing.measure(runs: runs) {
      let runtime = Runtime(graph: graph, store: try CheckpointStore(path: file))
      let report = try await runtime.materialize()
      guard report.count(of: .skipped) == variables else {
        throw BenchmarkError(description: "not everything was skipped")
      }
    }
    try timing.print()
  }
}

/// Declares variables and plans them: names, shapes and fingerprints checked and computed.
struct Plan: AsyncParsableCommand {
  @Option var variables = 100_000
  @Option var runs = 5

  func run() async throws {
    let timing = try await Timing.measure(runs: runs) {
      _ = try equalVariables(variables, shape: [64, 64]).fingerprint()
    }
    try timing.print()
  }
}

/// Declares equal variables in a new store, without values.
struct Declare: AsyncParsableCommand {
  @Option var file: String
  @Option var variables = 2_000
  @Option var shape = 256

  func run() async throws {
    let graph = try equalVariables(variables, shape: [shape])
    _ = try await Runtime(graph: graph, store: try CheckpointStore(path: file))
      .materialize(matching: ["none"])
    try Timing(seconds: [0]).print()
  }
}

/// Asks a runtime for each variable, one after another, of a store that is opened for reading.
struct Values: AsyncParsableCommand {
  @Option var file: String
  @Option var variables = 2_000
  @Option var shape = 256
  @Option var runs = 5

  func run() async throws {
    let graph = try equalVariables(variables, shape: [shape])
    let timing = try await Timing.measure(runs: runs) {
      let runtime = Runtime(graph: graph, store: try CheckpointStore(path: file, for: .read))
      for variable in graph.variables { _ = try await runtime.value(of: variable.name) }
    }
    try timing.print()
  }
}

/// A tensor of 100 GB whose chunks all have the same bytes, which are stored once.
///
/// As a recipe it has the same digests, which are not those of what its initializer makes: a slice below 64 MiB is not
/// compared with any of them, and what is measured is the work on its digests.
struct MakeLarge: AsyncParsableCommand {
  static let name = "large"
  static let chunkCount = 95_368
  @Option var file: String
  @Flag var recipe = false

  func run() async throws {
    var graph = VariableGraph(seed: 1)
    let variable = try graph.declare(
      Self.name, shape: [Self.chunkCount, Chunking.chunkByteCount / 4], initializer: .heUniform())
    let storage = try TensorStorage(byteCount: Chunking.chunkByteCount)
    storage.seal()
    let digest = storage.withBytes { Digest(of: $0) }
    let session = try await CheckpointStore(path: file).begin(
      graph, isRecipe: recipe, toolVersion: "benchmark")
    let batch = 1024
    for start in stride(from: 0, to: Self.chunkCount, by: batch) {
      let numbers = start..<min(start + batch, Self.chunkCount)
      var unit = FilledUnit(chunks: [], finished: [])
      unit.chunks = numbers.map {
        FilledChunk(
          variable: variable.name, number: $0, storage: storage,
          range: 0..<Chunking.chunkByteCount, digest: digest)
      }
      if numbers.upperBound == Self.chunkCount {
        let moments = storage.withBytes { Moments(of: $0, as: .float32) }
        unit.finished = [
          FilledVariable(of: variable, digest: digest, moments: moments, preview: "[]")
        ]
      }
      _ = try await session.write([unit])
    }
    _ = try await session.finish(verified: 0, failed: 0)
    try Timing(seconds: [0]).print()
  }
}

/// Opens a store and reads 1 MiB from the midst of the tensor that `MakeLarge` has made.
struct ReadLarge: AsyncParsableCommand {
  @Option var file: String
  @Option var runs = 21

  func run() async throws {
    let count = MakeLarge.chunkCount
    let rank = try RankSlice(rank: count / 2, of: count).orThrow("a rank")
    let timing = try await Timing.measure(runs: runs) {
      let store = try CheckpointStore(path: file, for: .read)
      let slice = try await store.checkedSlice(of: MakeLarge.name, rank)
      guard slice.tensor.byteCount == Chunking.chunkByteCount else {
        throw BenchmarkError(description: "the slice has \(slice.tensor.byteCount) bytes")
      }
    }
    try timing.print()
  }
}

func removeIfThere(_ url: URL) throws {
  for path in [url.path, url.path + "-journal"] where FileManager.default.fileExists(atPath: path) {
    try FileManager.default.removeItem(atPath: path)
  }
}
