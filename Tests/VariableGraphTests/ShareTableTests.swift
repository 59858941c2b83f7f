import Initializers
import Tensors
import TestSupport
import Testing
import VariableGraph

/// Shares: together the whole, disjoint, and about equal.
struct ShareTableTests {
  private static let counts = [1, 2, 3, 7, 64, 1000, 10_000]

  /// Checks all shares of a graph: every chunk once, in order, and no share off by more than a piece.
  private func expectPartition(of graph: VariableGraph, in count: Int, _ name: String) {
    let table = ShareTable(of: graph, count: count)
    var next = graph.variables[...]
    var nextChunk = 0
    var largestError = 0.0
    for index in 0..<count {
      let parts = table.parts(of: index)
      for part in parts {
        guard let variable = next.first else {
          Issue.record("\(name) in \(count): share \(index) has more than the graph")
          return
        }
        #expect(part.variable.name == variable.name)
        #expect(part.chunks.lowerBound == nextChunk)
        let whole = Chunking.count(ofBytes: variable.byteCount)
        if !part.isWhole { #expect(variable.isElementwise, "only such a variable is cut") }
        nextChunk = part.chunks.upperBound
        if nextChunk == whole {
          next.removeFirst()
          nextChunk = 0
        }
      }
      let bytes = parts.reduce(0) { $0 + $1.bytes.count }
      largestError = max(largestError, abs(Double(bytes) - Double(graph.byteCount) / Double(count)))
    }
    #expect(next.isEmpty && nextChunk == 0, "\(name) in \(count): something is in no share")
    let uncut = graph.variables.filter { !$0.isElementwise }.map(\.byteCount).max() ?? 0
    #expect(
      largestError <= Double(max(Chunking.chunkByteCount, uncut)) + 1,
      "\(name) in \(count): a share is off by \(largestError) bytes")
  }

  @Test func `shares of the real models are the whole, disjoint and balanced`() throws {
    let models = try Models.real() + [("llama-3.1-70b", Models.llama70B())]
    #expect(models.count >= 7)
    for (name, graph) in models {
      for count in Self.counts { expectPartition(of: graph, in: count, name) }
    }
  }

  @Test func `shares of graphs at random are the whole, disjoint and balanced`() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededGenerator(state: seed)
      var graph = VariableGraph()
      for index in 0..<Int.random(in: 1...12, using: &random) {
        let size = [0, 1, 1000, 262_143, 262_144, 262_145, 3_000_000].randomElement(using: &random)
        try graph.declare("v\(index)", shape: [size ?? 0], initializer: .zeros)
        if Int.random(in: 0..<4, using: &random) == 0 {
          try graph.declare("q\(index)", shape: [700, 600], initializer: .orthogonal())
        }
      }
      for count in [1, 2, 3, 5, 17, 100] { expectPartition(of: graph, in: count, "seed \(seed)") }
    }
  }

  @Test func `every chunk is found in its share`() throws {
    for (_, graph) in try Models.real().prefix(2) {
      for count in [1, 3, 64, 1000] {
        let table = ShareTable(of: graph, count: count)
        let places = Dictionary(
          uniqueKeysWithValues: graph.variables.enumerated().map { ($1.name, $0) })
        for index in 0..<count {
          for part in table.parts(of: index) {
            let place = try #require(places[part.variable.name])
            for chunk in part.chunks.isEmpty ? 0..<1 : part.chunks {
              #expect(table.index(ofChunk: chunk, of: place) == index)
            }
          }
        }
      }
    }
  }

  @Test func `a graph without bytes is in one share`() throws {
    var graph = VariableGraph()
    try graph.declare("a", shape: [0], initializer: .zeros)
    try graph.declare("b", shape: [3, 0], initializer: .zeros)
    let table = ShareTable(of: graph, count: 3)
    #expect((0..<3).map { table.parts(of: $0).count } == [0, 0, 2])
    #expect(table.index(ofChunk: 0, of: 1) == 2)
    #expect(ShareTable(of: VariableGraph(), count: 2).parts(of: 1).isEmpty)
  }

  @Test func `a share is read and written as the command has it`() {
    #expect(Share(argument: "3/16") == Share(index: 3, of: 16))
    #expect(Share(argument: "3/16")?.argument == "3/16")
    #expect(Share(argument: "3/16")?.description == "share 4 of 16")
    for text in ["3/3", "-1/3", "1", "a/b", "1/0", "1/2/3", ""] {
      #expect(Share(argument: text) == nil, "\(text)")
    }
  }
}
