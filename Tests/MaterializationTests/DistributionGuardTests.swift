import Foundation
import Nascent
import TestSupport
import Testing

/// A custom initializer that promises one thing and makes another.
struct DistributionGuardTests {
  /// Promises N(0, 1), and makes normals of another deviation of TensorFlow's generator.
  private struct Liar: Initializer {
    var deviation = 1.0
    var breaksAt: Int?
    var configuration: InitializerConfiguration {
      InitializerConfiguration(
        className: "Liar",
        config: ["deviation": .double(deviation), "at": .integer(Int64(breaksAt ?? -1))])
    }
    var seeding: Seeding { .graph }

    func promise(
      for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
    ) -> ValueDistribution? { .normal(mean: 0, standardDeviation: 1) }

    func fill(
      _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
    ) throws {
      try target.random.fillNormal(
        &span, elements: range, of: target.shape.elementCount, mean: 0,
        standardDeviation: deviation, as: .float32)
      if let breaksAt, range.contains(breaksAt) {
        _ = ScalarCoding.store(.nan, in: &span, at: breaksAt - range.lowerBound, as: .float32)
      }
    }
  }

  private func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 1)
    try graph.declare("honest", shape: [300, 100], initializer: Liar())
    try graph.declare("wide", shape: [300, 100], initializer: Liar(deviation: 1.1))
    // 1,600,000 bytes: two chunks.
    try graph.declare("broken", shape: [400, 1000], initializer: Liar(breaksAt: 399_999))
    try graph.declare("silent", shape: [3], initializer: Ramp())
    try graph.declare("empty", shape: [0], initializer: .zeros)
    try graph.tie("alias", to: "wide")
    return graph
  }

  private let expected: [DistributionVerdict?] = [
    .fits, .deviates, .deviates, .notChecked, .notChecked,
  ]

  @Test func `a broken promise is reported by the run and kept in the store`() async throws {
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let report = try await Runtime(graph: try graph(), store: store).materialize()
    #expect(report.outcomes.map(\.check?.verdict) == expected + [nil])
    #expect(report.deviations.map(\.name) == ["wide", "broken"])
    #expect(
      report.deviations.last?.check?.reason
        == "values that are not finite 1.0 where 0.0 is promised")
    let reason = try #require(report.deviations.first?.check?.reason)
    #expect(reason.hasPrefix("standard deviation 1.1"))
    #expect(reason.contains("where 1.0 is promised (z = "))
    let shown = try store.descriptions(in: "initial")
    #expect(shown.map(\.verdict) == expected + [.deviates])
    #expect(shown.map { $0.deviation != nil } == [false, true, true, false, false, true])
    #expect(shown[2].notFiniteCount == 1)
    let again = try await Runtime(graph: try graph(), store: store).materialize()
    #expect(again.outcomes.allSatisfy { $0.check == nil })
    #expect(try store.descriptions(in: "initial").map(\.verdict) == expected + [.deviates])
  }

  @Test func `without a store the run reports it, too`() async throws {
    let report = try await Runtime(graph: try graph()).materialize()
    #expect(report.outcomes.map(\.check?.verdict) == expected)
  }

  @Test func `a saved step keeps the verdict of values that training did not touch`() async throws {
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(graph: try graph(), store: store)
    _ = try await runtime.materialize()
    try await runtime.update("honest", as: Float.self) { $0[0] = 100 }
    try await store.save(runtime, step: 1)
    #expect(
      try store.descriptions(in: "step-1").map(\.verdict)
        == [.notChecked, .deviates, .deviates, .notChecked, .notChecked, .deviates])
  }

  @Test func `another declaration forgets the verdict`() async throws {
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    _ = try await Runtime(graph: try graph(), store: store).materialize()
    var other = VariableGraph(seed: 1)
    try other.declare("wide", shape: [30], initializer: Liar(deviation: 1.1))
    try other.declare("new", shape: [30], initializer: Liar())
    // The other variable is that of share 0.
    let share = try #require(Share(index: 1, of: 2))
    _ = try await Runtime(graph: other, store: store).materialize(share: share)
    #expect(try store.descriptions(in: "initial").map(\.verdict) == [nil, .fits])
  }

  @Test func `statistics do not depend on the number of threads`() async throws {
    let folder = try TemporaryFolder()
    var found: [[Double?]] = []
    for jobs in [1, 2, 5] {
      let store = try CheckpointStore(path: folder.path("\(jobs).db"))
      let runtime = Runtime(
        graph: try graph(), store: store, configuration: RuntimeConfiguration(jobCount: jobs))
      _ = try await runtime.materialize()
      found.append(
        try store.descriptions(in: "initial")
          .flatMap { [$0.mean, $0.standardDeviation, $0.skew, $0.excessKurtosis] })
    }
    #expect(found[0] == found[1] && found[0] == found[2])
    #expect(found[0][2] != nil)
  }
}
