import Nascent
import StoreReport
import TestSupport
import Testing

/// Histograms for a terminal.
struct VariablePlotTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore

  init() async throws {
    folder = try TemporaryFolder()
    store = try CheckpointStore(path: folder.path("s.db"))
    var graph = VariableGraph(seed: 1)
    try graph.declare("uniform", shape: [100, 100], initializer: .heUniform())
    try graph.declare("zeros", shape: [7], initializer: .zeros)
    try graph.declare("empty", shape: [0], initializer: .zeros)
    try graph.declare("ramp", shape: [8], initializer: Ramp())
    try graph.declare("none", shape: [1], initializer: .zeros)
    try graph.tie("alias", to: "uniform")
    _ = try await Runtime(graph: graph, store: store)
      .materialize(matching: ["uniform", "zeros", "empty", "ramp"])
  }

  private func lines(
    _ name: String, width: Int = 40, _ characters: VariablePlot.Characters = .unicode
  ) throws -> [String] {
    try store.plot(of: name).lines(width: width, height: 4, as: characters)
  }

  @Test func `a plot is as wide as the terminal and says the numbers`() throws {
    let found = try lines("alias", width: 60)
    #expect(found[0] == "uniform  float32 [100, 100]")
    #expect(found[1] == "HeUniform()")
    #expect(found.filter { $0.hasPrefix("─") }.map { $0.split(separator: "\n")[0].count } == [60])
    #expect(found.allSatisfy { $0.split(separator: "\n").allSatisfy { $0.count <= 60 } })
    #expect(found.contains { $0.contains("•") } && found.contains { $0.contains("█") })
    #expect(found.last == "fits")
    #expect(found.contains { $0.hasPrefix("deviation") && $0.hasSuffix("0.14142136") })
  }

  @Test func `without UTF-8 there is nothing but ASCII`() throws {
    let found = try lines("uniform", .ascii)
    #expect(found.allSatisfy { $0.allSatisfy(\.isASCII) })
    #expect(found.contains { $0.contains("#") } && found.contains { $0.contains("o") })
  }

  @Test func `what has no width is said in words`() throws {
    #expect(try lines("zeros").contains("All 7 values are 0."))
    #expect(try lines("empty").last == "not checked")
  }

  @Test func `without a promise the values alone are drawn`() throws {
    let found = try lines("ramp")
    #expect(!found.contains { $0.contains("•") })
    #expect(found.last == "not checked")
  }

  @Test func `a variable without a value is refused`() {
    #expect(throws: CheckpointError.self) { try lines("none") }
    #expect(throws: CheckpointError.self) { try lines("unknown") }
  }
}
