import ArgumentParser
import Foundation
import Nascent

/// Plans thousands of shares of Llama 3.1 70B, makes their parts as recipes, merges them in random order, and
/// looks for holes: all for real but the values. In place of SHA-256 of 282 GB, chunks have digests of their
/// names, and moments of zeros, so that what is measured is planning and the work on metadata.
struct SimulateCluster: AsyncParsableCommand {
  @Option(help: "A folder for the merged store.") var folder: String
  @Option(
    help:
      "A folder for the parts, of which a batch is there at a time; the same one if none is given.")
  var parts: String?
  @Option var shares = 10_000
  @Option(help: "How many parts are merged at a time.") var batch = 50
  @Option(help: "How many parts, drawn at random, are merged at the end only.") var holes = 100

  func run() async throws {
    let graph = try Self.llama()
    let clock = ContinuousClock()
    let planned = clock.now
    let table = ShareTable(of: graph, count: shares)
    var partCount = 0
    for index in 0..<shares { partCount += table.parts(of: index).count }
    report("planning", clock.now - planned, "\(shares) shares, \(partCount) parts of variables")

    let chunk = try TensorStorage(byteCount: Chunking.chunkByteCount)
    chunk.seal()
    let zeros = (storage: chunk, moments: chunk.withBytes { Moments(of: $0, as: .float32) })
    let declared = partFolder + "/declared.db"
    _ = try await CheckpointStore(path: declared)
      .begin(graph, selecting: [], isRecipe: true, toolVersion: "simulation")
      .finish(verified: 0, failed: 0)
    let out = try CheckpointStore(path: folder + "/merged.db")
    var order = Array(0..<shares)
    var random = SystemRandomNumberGenerator()
    order.shuffle(using: &random)
    let (late, early) = (order.prefix(holes), order.dropFirst(holes))
    var making = Duration.zero
    var merging = Duration.zero
    var last: MergeReport?
    for (rest, expected) in [(early, late.sorted()), (late, [])] {
      for start in stride(from: rest.startIndex, to: rest.endIndex, by: batch) {
        let indices = rest[start..<min(start + batch, rest.endIndex)]
        let made = clock.now
        var paths: [String] = []
        for index in indices {
          paths.append(try await part(index, graph, zeros, copying: declared))
        }
        let merged = clock.now
        last = try await out.merge(paths)
        making += merged - made
        merging += clock.now - merged
        for path in paths { try FileManager.default.removeItem(atPath: path) }
      }
      guard let report = last else { continue }
      let looked = clock.now
      let missing = try out.missingShares(after: report) ?? []
      let isRight = missing.map(\.index) == expected
      self.report(
        "holes", clock.now - looked,
        "\(missing.count) shares, \(isRight ? "exactly those left out" : "NOT those left out")")
    }
    report(
      "making parts", making, "\(shares) files with \(graph.variables.count) declarations each")
    report(
      "merging", merging,
      "\(shares) parts, one after another, \((merging * 1000 / shares).formatted()) for a thousand")
    let size = try FileManager.default.attributesOfItem(atPath: folder + "/merged.db")[.size] ?? 0
    print("merged store: \(size) bytes; content digest \(last?.contentDigest?.hex ?? "none")")
    print("peak memory: \(peakMebibytes()) MiB")
  }

  private func report(_ what: String, _ time: Duration, _ detail: String) {
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    print("\(what): \(seconds.formatted(.number.precision(.fractionLength(3)))) s; \(detail)")
  }

  private var partFolder: String { parts ?? folder }

  /// Makes the part of a share in a copy of a store that has the declarations, and gives its path.
  private func part(
    _ index: Int, _ graph: VariableGraph, _ zeros: (storage: TensorStorage, moments: Moments),
    copying declared: String
  ) async throws -> String {
    let path = partFolder + "/part-\(index).db"
    try FileManager.default.copyItem(atPath: declared, toPath: path)
    let share = try Share(index: index, of: shares).orThrow("a share")
    let session = try await CheckpointStore(path: path).begin(
      graph, share: share, isRecipe: true, toolVersion: "simulation")
    let (storage, moments) = (zeros.storage, zeros.moments)
    for part in session.parts {
      let name = part.variable.name
      var units = part.chunks.map { number in
        let range = Chunking.range(ofChunk: number, in: part.variable.byteCount)
        return FilledUnit(
          chunks: [
            FilledChunk(
              variable: name, number: number, storage: storage, range: 0..<range.count,
              digest: Digest(of: Array("\(name) \(number)".utf8)), moments: moments)
          ], finished: [])
      }
      if part.isWhole {
        let whole = FilledVariable(
          of: part.variable, digest: Digest(of: Array(name.utf8)), moments: moments, preview: "[]")
        if units.isEmpty { units = [FilledUnit(chunks: [], finished: [])] }
        units[units.count - 1].finished = [whole]
      }
      _ = try await session.write(units)
    }
    _ = try await session.finish(verified: 0, failed: 0)
    return path
  }

  /// What the system says of the most memory that this process has had.
  private func peakMebibytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
  }

  /// The variables of Llama 3.1 70B: 70,553,706,496 elements.
  private static func llama() throws -> VariableGraph {
    let (width, inner, keys, vocabulary) = (8192, 28672, 1024, 128_256)
    let normal = RandomNormalInitializer(mean: 0, standardDeviation: 0.02)
    var graph = VariableGraph(seed: 42, separator: ".")
    try graph.declare(
      "model.embed_tokens.weight", shape: [vocabulary, width], initializer: normal)
    for layer in 0..<80 {
      try graph.scope("model.layers.\(layer)") { graph in
        for (name, shape) in [
          ("self_attn.q_proj", [width, width]), ("self_attn.k_proj", [keys, width]),
          ("self_attn.v_proj", [keys, width]), ("self_attn.o_proj", [width, width]),
          ("mlp.gate_proj", [inner, width]), ("mlp.up_proj", [inner, width]),
          ("mlp.down_proj", [width, inner]),
        ] {
          try graph.declare("\(name).weight", shape: shape, initializer: normal)
        }
        for name in ["input_layernorm", "post_attention_layernorm"] {
          try graph.declare("\(name).weight", shape: [width], initializer: .ones)
        }
      }
    }
    try graph.declare("model.norm.weight", shape: [width], initializer: .ones)
    try graph.declare("lm_head.weight", shape: [vocabulary, width], initializer: normal)
    return graph
  }
}
