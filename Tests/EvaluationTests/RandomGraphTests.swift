import Nascent
import TestSupport
import Testing

struct RandomGraphTests {
  @Test func `random graphs agree with a plain evaluation, to the bit`() async throws {
    var uses: [String: Int] = [:]
    var cases = 0
    let seeds: Range<UInt64> = 0..<400
    for seed in seeds {
      let random = try RandomGraph(seed: seed, expressionCount: 6)
      var reference = ReferenceEvaluator()
      let jobs = Int(seed % 3) + 1
      let runtime = Runtime(
        graph: random.graph,
        configuration: RuntimeConfiguration(
          jobCount: jobs, memoryByteCount: seed % 2 == 0 ? 1 : 1 << 20))
      for variable in random.graph.variables {
        let found = try await runtime.value(of: variable.name)
        guard let expression = variable.expression else {
          reference.values[variable.name] = ReferenceTensor(found)
          continue
        }
        let expected = try reference.value(of: expression)
        reference.values[variable.name] = expected
        #expect(expected.shape == variable.shape.dimensions, "seed \(seed): \(variable)")
        #expect(
          ReferenceTensor(found).bits == expected.bits,
          "seed \(seed): \(variable.name) = \(expression)")
        try await slices(of: variable, expected, random, seed)
        cases += 1
      }
      uses.merge(random.uses, uniquingKeysWith: +)
    }
    #expect(cases == 2400)
    // Every operation that a plain loop can check is among them, often.
    #expect(uses.values.allSatisfy { $0 >= 20 }, "\(uses)")
    #expect(uses.count == 20, "\(uses.keys.sorted())")
    print("expressions: \(seeds.count) random graphs, \(cases) expressions agree to the bit")
  }

  /// Any range of elements is that part of the whole.
  private func slices(
    of variable: Variable, _ expected: ReferenceTensor, _ random: RandomGraph, _ seed: UInt64
  ) async throws {
    var generator = SeededGenerator(state: seed)
    let runtime = Runtime(graph: random.graph)
    for _ in 0..<3 {
      let lower = Int.random(in: 0...expected.bits.count, using: &generator)
      let upper = Int.random(in: lower...expected.bits.count, using: &generator)
      let slice = try await runtime.slice(of: variable.name, lower..<upper)
      #expect(
        ReferenceTensor(slice).bits == Array(expected.bits[lower..<upper]),
        "seed \(seed): \(variable.name) \(lower)..<\(upper)")
    }
  }

  @Test func `random graphs are stored, skipped and made again with the same bytes`() async throws {
    for seed in 1000..<1040 as Range<UInt64> {
      let random = try RandomGraph(seed: seed, expressionCount: 6)
      let folder = try TemporaryFolder()
      let store = try CheckpointStore(path: folder.path("s.db"))
      let runtime = Runtime(graph: random.graph, store: store)
      let first = try await runtime.materialize()
      #expect(first.count(of: .materialized) == random.graph.variables.count)
      let memory = Runtime(graph: random.graph)
      for outcome in first.outcomes {
        let digest = try await memory.value(of: outcome.name).digest()
        #expect(outcome.digest == digest, "seed \(seed): \(outcome.name)")
      }
      let again = try store.graph()
      #expect(again.fingerprint() == random.graph.fingerprint(), "seed \(seed)")
      #expect(
        try await Runtime(graph: again, store: store).materialize().count(of: .skipped)
          == again.variables.count)
      let digests = NameTable(
        byName: try store.variables(in: "initial").compactMap { variable in
          variable.valueDigest.map { (variable.name, $0) }
        })
      #expect(try await Regeneration(graph: again).mismatches(with: digests).isEmpty)
    }
  }
}
