import Foundation
import Nascent
import Synchronization

struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
}

extension Optional {
  func orThrow(_ message: String) throws -> Wrapped {
    guard let self else { throw BenchmarkError(description: message) }
    return self
  }
}

/// The errors of concurrent work.
final class FailureBox: Sendable {
  private let errors = Mutex<[any Error]>([])

  func add(_ error: any Error) { errors.withLock { $0.append(error) } }

  func throwFirst() throws {
    if let first = errors.withLock({ $0.first }) { throw first }
  }
}

/// A graph of equal variables.
func equalVariables(_ count: Int, shape: [Int]) throws -> VariableGraph {
  var graph = VariableGraph(seed: 1)
  graph.reserveCapacity(count)
  for index in 0..<count {
    try graph.declare("layer\(index)/kernel", shape: shape, initializer: .heUniform())
  }
  return graph
}
