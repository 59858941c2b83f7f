import Foundation
import Nascent

/// The example of TensorFlow's reference page for initializers: one initializer, two shapes.
///
///     def make_variables(k, initializer):
///       return (tf.Variable(initializer(shape=[k, k], dtype=tf.float32)),
///               tf.Variable(initializer(shape=[k, k, k], dtype=tf.float32)))
func makeVariables(_ k: Int, _ initializer: some Initializer) throws -> VariableGraph {
  var graph = VariableGraph()
  try graph.declare("v1", shape: [k, k], initializer: initializer)
  try graph.declare("v2", shape: [k, k, k], initializer: initializer)
  return graph
}

/// Makes and prints the value of every variable of `graph`.
func show(_ graph: VariableGraph) async throws {
  let runtime = Runtime(graph: graph)
  for variable in graph.variables {
    print(variable)
    print(try await runtime.value(of: variable.name), terminator: "\n\n")
  }
}

do {
  try await show(makeVariables(3, .heUniform(seed: 7)))
  try await show(makeVariables(3, .uniform(in: -1..<1)))
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
