import Nascent

var graph = VariableGraph(seed: 42)
try graph.scope("dense") { graph in
  try graph.declare("kernel", shape: [784, 128], initializer: .heUniform(seed: 7))
  try graph.declare("bias", shape: [128], initializer: .zeros)
}
let runtime = Runtime(graph: graph, store: try CheckpointStore(path: "digits.db"))
let report = try await runtime.materialize()
print(report.count(of: .materialized), "materialized,", report.count(of: .skipped), "skipped")
print(try await runtime.slice(of: "dense/kernel", 0..<3))
print(try graph.variable(named: "dense/kernel"))
