import Nascent
import Testing

struct OrthogonalTests {
  /// qᵀq = I: a sum of m products of doubles rounded to at most ε/2 each; 4 m ε covers the sum of the
  /// factorization's own rounding as well (Higham, "Accuracy and stability", theorem 19.4).
  @Test(arguments: [[5, 5], [9, 4], [4, 9], [1, 7], [7, 1], [2, 3, 4], [64, 33]])
  func `columns or rows are orthonormal`(shape: [Int]) async throws {
    var graph = VariableGraph()
    try graph.declare(
      "q", shape: shape, dtype: .float64, initializer: .orthogonal(gain: 2, seed: 1))
    let values = try await Runtime(graph: graph).value(of: "q").array(of: Double.self)
    let columns = shape[shape.count - 1]
    let rows = values.count / columns
    let tolerance = 4 * 4 * Double(max(rows, columns)) * Double.ulpOfOne
    func dot(_ a: Int, _ b: Int) -> Double {
      rows >= columns
        ? (0..<rows).reduce(0) { $0 + values[$1 * columns + a] * values[$1 * columns + b] }
        : (0..<columns).reduce(0) { $0 + values[a * columns + $1] * values[b * columns + $1] }
    }
    for a in 0..<min(rows, columns) {
      for b in 0..<min(rows, columns) {
        #expect(abs(dot(a, b) - (a == b ? 4 : 0)) <= tolerance)
      }
    }
  }

  @Test func `the bytes are the same in every run`() async throws {
    var graph = VariableGraph()
    try graph.declare("q", shape: [40, 30], initializer: .orthogonal(seed: 3))
    let digest = try await Runtime(graph: graph).value(of: "q").digest()
    for jobs in 1...3 {
      let runtime = Runtime(
        graph: graph, configuration: RuntimeConfiguration(jobCount: jobs, memoryByteCount: 1))
      #expect(try await runtime.value(of: "q").digest() == digest)
    }
  }

  @Test func `a matrix without elements is made`() async throws {
    var graph = VariableGraph()
    try graph.declare("q", shape: [0, 3], initializer: .orthogonal(seed: 3))
    #expect(try await Runtime(graph: graph).value(of: "q").byteCount == 0)
  }
}
