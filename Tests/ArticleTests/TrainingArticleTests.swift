import Nascent
import TestSupport
import Testing

/// The code of `Training.md`.
@Test func `Training prints what it shows`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }
  let folder = try TemporaryFolder()
  let killed = folder.path("killed.db")
  let uninterrupted = folder.path("uninterrupted.db")

  func lossAndGradient(_ weights: [Float]) -> (loss: Double, gradient: [Float]) {
    let errors = weights.map { $0 - 1 }
    return (errors.reduce(0) { $0 + Double($1 * $1) }, errors.map { 2 * $0 })
  }

  func train(_ path: String, to end: Int) async throws -> Tensor {
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: [4], initializer: .normal())
    let store = try CheckpointStore(path: path)
    let runtime = Runtime(graph: graph, store: store)
    let isNew = try store.savedCheckpoints().isEmpty
    let last = isNew ? 0 : try await runtime.restore(step: .latest).step
    for step in last + 1..<end + 1 {
      let weights = try await runtime.value(of: "w").array(of: Float.self)
      let (loss, gradient) = lossAndGradient(weights)
      try await runtime.update("w", as: Float.self) { values in
        for index in values.indices { values[index] -= 0.01 * gradient[index] }
      }
      if step.isMultiple(of: 10) {
        try await store.save(
          runtime, step: step, metrics: ["loss": loss],
          retention: [.last(2), .best(by: .lowest("loss"))])
      }
    }
    return try await runtime.value(of: "w")
  }

  _ = try await train(killed, to: 25)
  let resumed = try await train(killed, to: 40)
  let whole = try await train(uninterrupted, to: 40)
  print("the same bits:", resumed.digest() == whole.digest())

  let store = try CheckpointStore(path: killed, for: .read)
  print(try store.savedCheckpoints().map(\.name))

  let page = try Page(article: "Training")
  #expect(transcript.text == page.output)
}
