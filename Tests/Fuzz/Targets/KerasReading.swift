internal import Foundation
internal import Nascent
internal import TensorMemory
internal import VariableGraph

/// Reads a config object, writes it as the frameworks do, and fills a small variable in every dialect.
enum KerasReading {
  static func run(_ bytes: Data) throws {
    let initializer = try InitializerRegistry.standard.initializer(JSONValue(parsing: bytes))
    let again = try InitializerRegistry.standard.initializer(initializer.configuration.json)
    guard again.configuration.canonicalText == initializer.configuration.canonicalText else {
      throw FuzzFinding(description: "a config object changed on its way out and in")
    }
    var first: (any Error)?
    for dialect in Dialect.all {
      for shape in [[3, 4], [4], [], [0, 2], [2, 2, 3, 4]] {
        do {
          try fill(initializer, shape, dialect)
        } catch {
          guard FuzzFinding.isExpected(error) else { throw error }
          first = first ?? error
        }
      }
    }
    if let first { throw first }
  }

  private static func fill(
    _ initializer: any Initializer, _ shape: [Int], _ dialect: Dialect
  ) throws {
    var graph = VariableGraph(seed: 1, dialect: dialect)
    try graph.declare("v", shape: shape, initializer: initializer)
    let variable = try graph.variable(named: "v")
    let storage = try TensorStorage(byteCount: variable.byteCount)
    try storage.fill(0..<variable.byteCount) { span in
      try variable.initializer.fill(
        &span, elements: 0..<variable.shape.elementCount, of: graph.fillTarget(for: variable))
    }
  }
}
