import Foundation
import Nascent

// Usage: RestoreCheckpoint [STORE [VARIABLE]]. Restores a store that the GPT2 example made, and then a
// model whose names, axes and dtypes are another program's.

/// The example cannot go on.
struct RestoreExampleError: Error, CustomStringConvertible {
  let description: String

  static func noStore(_ path: String) -> RestoreExampleError {
    RestoreExampleError(
      description: """
        There is no store "\(path)".
        Make it with `swift run -c release GPT2 \(path)`, or give the path of another store.
        """)
  }

  static func notRestorable(_ path: String) -> RestoreExampleError {
    RestoreExampleError(
      description: """
        The store "\(path)" does not have a value for every variable, so nothing was restored.
        Materialize the rest first; the report above names what is missing.
        """)
  }
}

/// Prints the first elements of a value, and what its elements are like.
func show(_ tensor: Tensor, named name: String) throws {
  let head = try tensor.slice(elements: 0..<min(4, tensor.shape.elementCount))
  print("\(name): \(tensor.scalarType) \(tensor.shape), begins \(head)")
  let values = try tensor.doubles()
  guard let minimum = values.min(), let maximum = values.max() else { return }
  let mean = values.reduce(0, +) / Double(values.count)
  let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
  print("mean \(mean), standard deviation \(variance.squareRoot())")
  print("minimum \(minimum), maximum \(maximum)")
}

func run(storePath: String, name: String) async throws {
  guard FileManager.default.fileExists(atPath: storePath) else {
    throw RestoreExampleError.noStore(storePath)
  }
  let store = try CheckpointStore(path: storePath, for: .read)
  // A program that has its model in code would take that graph; the report tells if the two fit.
  let graph = try store.graph()
  print(try store.restoreReport(for: graph))

  let runtime = Runtime(graph: graph)
  let report = try await runtime.restore(from: store)
  guard report.isRestorable else {
    throw RestoreExampleError.notRestorable(storePath)
  }
  try show(try await runtime.value(of: name), named: name)
  print("values made anew: \(await runtime.fillCounts.count)")
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  try await run(
    storePath: arguments.first ?? "gpt2.db",
    name: arguments.count > 1 ? arguments[1] : "transformer.h.0.attn.c_attn.weight")
  print()
  try await RenamedModel().run()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
