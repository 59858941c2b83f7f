import Foundation
import Nascent

/// Times work and prints it as a ratio to a limit of the same machine, in one run: medians of seven.
struct Row {
  let work: String
  let gigabytesPerSecond: Double
  let limit: String
  let ratio: Double
}

func median(of runs: Int, _ body: () async throws -> Void) async throws -> Double {
  var seconds: [Double] = []
  for _ in 0...runs {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    let time = (clock.now - start).components
    seconds.append(Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }
  // The first run warms up.
  return seconds.dropFirst().sorted()[runs / 2]
}

let byteCount = 64 << 20
let folder = FileManager.default.temporaryDirectory.appending(path: "nascent-benchmark")
try? FileManager.default.removeItem(at: folder)
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
let file = folder.appending(path: "file")

let initializers: [(String, VarianceScalingInitializer)] = [
  ("he_uniform", .heUniform(seed: 1)), ("he_normal", .heNormal(seed: 1)),
]
var rows: [Row] = []

let fresh = try await median(of: 7) {
  let data = Data(repeating: 1, count: byteCount)
  precondition(data.count == byteCount)
}
for (name, initializer) in initializers {
  for jobs in [1, 2] {
    var graph = VariableGraph()
    try graph.declare("v", shape: [byteCount / 4096, 1024], initializer: initializer)
    let frozen = graph
    let seconds = try await median(of: 7) {
      let runtime = Runtime(
        graph: frozen, configuration: RuntimeConfiguration(jobCount: jobs))
      _ = try await runtime.value(of: "v")
    }
    rows.append(
      Row(
        work: "\(name) float32, fresh 64 MiB tensor, \(jobs) job(s)",
        gigabytesPerSecond: Double(byteCount) / seconds / 1e9,
        limit: "filling fresh memory with one byte", ratio: fresh / seconds))
  }
}

let storedByteCount = 256 << 20
let raw = Data(repeating: 7, count: storedByteCount)
let write = try await median(of: 5) {
  try raw.write(to: file)
  let handle = try FileHandle(forUpdating: file)
  try handle.synchronize()
  try handle.close()
}
var model = VariableGraph()
for index in 0..<16 {
  try model.declare(
    "v\(index)", shape: [storedByteCount / 16 / 4096, 1024], initializer: .heUniform())
}
let frozenModel = model
let store = folder.appending(path: "store.db")
let materialize = try await median(of: 5) {
  try? FileManager.default.removeItem(at: store)
  let runtime = Runtime(graph: frozenModel, store: try CheckpointStore(path: store.path))
  _ = try await runtime.materialize()
}
rows.append(
  Row(
    work: "materialize 256 MiB in 16 tensors: made, hashed, durable",
    gigabytesPerSecond: Double(storedByteCount) / materialize / 1e9,
    limit: "raw write and fsync of ready bytes", ratio: write / materialize))
let skip = try await median(of: 5) {
  let runtime = Runtime(graph: frozenModel, store: try CheckpointStore(path: store.path))
  _ = try await runtime.materialize()
}
rows.append(
  Row(
    work: "the same again: skipped",
    gigabytesPerSecond: Double(storedByteCount) / skip / 1e9,
    limit: "the first run", ratio: materialize / skip))

print("\(ProcessInfo.processInfo.activeProcessorCount) cores, kernels \(KernelPath.best)")
print("| Work | GB/s | Limit | Ratio to the limit |")
print("|---|---|---|---|")
for row in rows {
  let speed = String(format: "%.2f", row.gigabytesPerSecond)
  print("| \(row.work) | \(speed) | \(row.limit) | \(String(format: "%.2f", row.ratio)) |")
}
try FileManager.default.removeItem(at: folder)
