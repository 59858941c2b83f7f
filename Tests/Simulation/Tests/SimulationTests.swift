import StoreSimulation
import Testing

/// Simulated runs, as `make simulate` does more and longer ones of; `Docs/Simulation.md` says what they are.
///
/// In processes of their own, since every store of such a process is on the simulated disk. Two, for two
/// cores.
struct SimulationTests {
  @Test func `in 1000 simulated runs of odd seeds nothing is lost and nothing is wrong`()
    async throws
  {
    let result = try await #require(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      try await Self.replay(core: 0)
    }
    print("simulation:", String(decoding: result.standardOutputContent, as: UTF8.self))
  }

  @Test func `in 1000 simulated runs of even seeds nothing is lost and nothing is wrong`()
    async throws
  {
    let result = try await #require(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      try await Self.replay(core: 1)
    }
    print("simulation:", String(decoding: result.standardOutputContent, as: UTF8.self))
  }

  @Test func `a seed gives the same calls again`() async throws {
    await #expect(processExitsWith: .success) {
      var simulation = try StoreSimulation()
      for seed in 1...20 as ClosedRange<UInt64> {
        _ = await simulation.run(seed: seed)
        let trace = simulation.trace
        _ = await simulation.run(seed: seed)
        #expect(simulation.trace == trace, "seed \(seed)")
      }
    }
  }

  /// Does every second of 2000 runs, the first three operations of each, and prints the counts.
  private static func replay(core: Int) async throws {
    var simulation = try StoreSimulation(core: core)
    let clock = ContinuousClock()
    let start = clock.now
    for seed in stride(from: UInt64(core + 1), through: 2000, by: 2) {
      if let violation = await simulation.run(seed: seed, upTo: 3) {
        Issue.record("\(violation)\nReplay it with make simulate SEED=\(seed)")
      }
    }
    print(simulation.counts.text(seconds: (clock.now - start) / .seconds(1)))
    #expect(simulation.counts.runs == 1000 && simulation.counts.faults > 500)
  }
}
