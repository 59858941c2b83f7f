import Foundation
import Nascent
import Synchronization
import TestSupport
import Testing

/// Any initializer, with a count of the elements that it is asked for.
private struct MeteredInitializer: Initializer {
  /// A class, because fills on any thread add to it.
  final class Meter: Sendable {
    private let count = Mutex(0)

    func add(_ elements: Int) { count.withLock { $0 += elements } }

    /// The count since the last call.
    func take() -> Int {
      count.withLock { count in
        defer { count = 0 }
        return count
      }
    }
  }

  let base: any Initializer
  let meter = Meter()
  var configuration: InitializerConfiguration { base.configuration }
  var version: Int { base.version }
  var seeding: Seeding { base.seeding }
  var dialect: Dialect? { base.dialect }

  func isElementwise(in dialect: Dialect) -> Bool { base.isElementwise(in: dialect) }

  func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    meter.add(range.count)
    try base.fill(&span, elements: range, of: target)
  }
}

/// Slices of ranks: from a declaration, a recipe and stored bytes.
struct RuntimeSlicingTests {
  private static let worldSizes = [1, 2, 3, 7, 64]

  /// A real model with its names, ranks of shapes and initializers, its sizes cut down to a few dozen.
  private func reduced(_ graph: VariableGraph) throws -> VariableGraph {
    var small = VariableGraph(seed: graph.seed, dialect: graph.dialect)
    var kinds: Set<String> = []
    for variable in graph.variables {
      let dimensions = variable.shape.dimensions.map { min($0, 67) }
      // One of each initializer and shape will do.
      guard kinds.insert("\(variable.initializer.configuration) \(dimensions)").inserted else {
        continue
      }
      do {
        try Models.declare(variable, variable.initializer, shape: dimensions, in: &small)
      } catch is GraphError {
        // A list of values has its size.
        try Models.declare(variable, variable.initializer, in: &small)
      }
    }
    return small
  }

  /// Puts slices together along an axis.
  private func joined(_ slices: [Tensor], axis: Int, shape: Shape) -> Data {
    let outer = shape.dimensions[..<axis].reduce(1, *)
    var data = Data()
    for row in 0..<outer {
      for slice in slices {
        let length = slice.byteCount / max(outer, 1)
        data += slice.data()[row * length..<(row + 1) * length]
      }
    }
    return data
  }

  @Test func `slices of the real models are the whole, and no rank makes more than its share`()
    async throws
  {
    for (name, graph) in try Models.real() {
      let small = try reduced(graph)
      let runtime = Runtime(graph: small)
      for variable in small.variables where variable.shape.rank > 0 {
        let whole = try await runtime.value(of: variable.name)
        let counted = MeteredInitializer(base: variable.initializer)
        var one = VariableGraph(seed: small.seed, dialect: small.dialect)
        let isAlone = variable.streamPlace == nil && variable.expression == nil
        if isAlone { try Models.declare(variable, counted, in: &one) }
        let slicing = Runtime(graph: isAlone ? one : small)
        for axis in 0..<variable.shape.rank {
          for count in Self.worldSizes {
            var slices: [Tensor] = []
            for rank in 0..<count {
              let slice = try #require(RankSlice(rank: rank, of: count, axis: axis))
              let found = try await slicing.slice(of: variable.name, slice)
              if isAlone, variable.isElementwise {
                #expect(
                  counted.meter.take() == found.shape.elementCount, "\(name) \(variable.name)")
              }
              slices.append(found)
            }
            let data = joined(slices, axis: axis, shape: variable.shape)
            #expect(data == whole.data(), "\(name) \(variable.name) axis \(axis) of \(count)")
          }
        }
      }
    }
  }

  @Test func `slices of stored bytes, recipes and catalogs are those of the declaration`()
    async throws
  {
    let folder = try TemporaryFolder()
    let graph = try Models.mixed()
    let stored = try CheckpointStore(path: folder.path("stored.db"))
    let recipe = try CheckpointStore(path: folder.path("recipe.db"))
    _ = try await Runtime(graph: graph, store: stored).materialize()
    _ = try await Runtime(graph: graph, store: recipe).materialize(isRecipe: true)
    let runtime = Runtime(graph: graph)
    for variable in graph.variables where variable.shape.rank > 0 {
      for axis in 0..<variable.shape.rank {
        for (rank, count) in [(0, 1), (0, 3), (2, 3), (5, 7), (63, 64)] {
          let slice = try #require(RankSlice(rank: rank, of: count, axis: axis))
          let expected = try await runtime.slice(of: variable.name, slice)
          for store in [stored, recipe] {
            let found = try await store.slice(of: variable.name, slice)
            #expect(found.isIdentical(to: expected), "\(variable.name) \(axis) \(rank)/\(count)")
          }
        }
      }
    }
  }

  /// Says that it draws from one seed, and draws from another.
  private struct Other: ElementwiseInitializer {
    private let base = RandomUniformInitializer(seed: 7)
    var configuration: InitializerConfiguration { base.configuration }
    var seeding: Seeding { base.seeding }

    func value(at index: Int, of target: FillTarget) -> Double { 2 }
  }

  @Test func `of a recipe's slice the parts of 64 MiB are checked that lie in it whole`()
    async throws
  {
    let folder = try TemporaryFolder()
    // 160 MiB: two such parts, and one of 32 MiB at the end.
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: [40, 1 << 20], initializer: .uniform(seed: 7))
    try graph.declare("q", shape: [8, 4], initializer: .orthogonal())
    let store = try CheckpointStore(path: folder.path("s.db"))
    _ = try await Runtime(graph: graph, store: store).materialize(isRecipe: true)
    var other = InitializerRegistry.standard
    other.register("RandomUniform") { _ in Other() }
    for (rank, count, axis, mebibytes) in [
      (0, 1, 0, 160), (0, 2, 0, 64), (1, 2, 0, 32), (1, 3, 0, 0), (0, 2, 1, 0),
    ] {
      let slice = try #require(RankSlice(rank: rank, of: count, axis: axis))
      let found = try await store.checkedSlice(of: "w", slice)
      #expect(found.checkedByteCount == mebibytes << 20, "\(rank)/\(count) along \(axis)")
      // Other values are found there, and only there.
      var code: CheckpointError.Code?
      do {
        _ = try await store.slice(of: "w", slice, registry: other)
      } catch let error as CheckpointError {
        code = error.code
      }
      #expect(code == (mebibytes > 0 ? .otherValue : nil), "\(rank)/\(count) along \(axis)")
    }
    // What is made as a whole is checked as a whole.
    let columns = try #require(RankSlice(rank: 1, of: 2, axis: 1))
    let cut = try await store.checkedSlice(of: "q", columns)
    #expect(cut.checkedByteCount == cut.tensor.byteCount)
    #expect(try await cut.tensor.isIdentical(to: Runtime(graph: graph).slice(of: "q", columns)))
  }

  @Test func `a damaged chunk is found by the slices that it holds some of`() async throws {
    let folder = try TemporaryFolder()
    var graph = VariableGraph(seed: 1)
    try graph.declare("w", shape: [4, 1 << 18], initializer: .uniform())
    let path = folder.path("s.db")
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()
    let damaged = try ChildProcess.run(
      "sqlite3",
      [
        path,
        """
        UPDATE block SET bytes = zeroblob(length(bytes))
        WHERE id = (SELECT block_id FROM chunk WHERE number = 2)
        """,
      ])
    #expect(damaged.status == 0)
    let store = try CheckpointStore(path: path, for: .read)
    for rank in 0..<4 {
      let rows = try #require(RankSlice(rank: rank, of: 4))
      let columns = try #require(RankSlice(rank: rank, of: 4, axis: 1))
      let isDamaged = (try? await store.slice(of: "w", rows)) == nil
      #expect(isDamaged == (rank == 2))
      await #expect(throws: CheckpointError.self) { try await store.slice(of: "w", columns) }
    }
  }
}
