import Nascent
import TestSupport
import Testing

/// The code of `GettingStarted.md`.
@Test func `Getting started prints what it shows`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }
  let folder = try TemporaryFolder()
  let path = folder.path("digits.db")

  var graph = VariableGraph(seed: 42)
  try graph.declare("dense/kernel", shape: [784, 128], initializer: .heUniform())
  try graph.declare("dense/bias", shape: [128], initializer: .zeros)

  let runtime = Runtime(graph: graph)
  print(try await runtime.slice(of: "dense/kernel", 0..<3))
  print(try await runtime.value(of: "dense/bias").shape)

  let store = try CheckpointStore(path: path)
  for _ in 1...2 {
    let report = try await Runtime(graph: graph, store: store).materialize()
    print(report.count(of: .materialized), "made,", report.count(of: .skipped), "skipped")
  }

  try graph.reinitialize("dense/kernel", initializer: .glorotUniform())
  for decision in try store.plan(graph).decisions {
    print("\(decision.name): \(decision.action.rawValue), \(decision.reason)")
  }

  let reader = try CheckpointStore(path: path, for: .read)
  print(try reader.slice(of: "dense/kernel", elements: 100..<103))
  print(try reader.verify().isIntact)

  let training = Runtime(graph: graph, store: store)
  try await training.update("dense/bias", as: Float.self) { values in
    for index in values.indices { values[index] += 0.5 }
  }
  try await store.save(training, step: 1, metrics: ["loss": 0.25])

  let resumed = Runtime(graph: graph)
  let last = try await resumed.restore(step: .latest, from: store)
  print(last.name, last.metrics, try await resumed.slice(of: "dense/bias", 0..<2))

  let page = try Page(article: "GettingStarted")
  #expect(transcript.text == page.output)
}
