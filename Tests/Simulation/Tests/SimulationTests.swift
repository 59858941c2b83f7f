import StoreSimulation
import Testing

/// Simulated runs, as `make simulate` does them; `Docs/Simulation.md` says what they are.
struct SimulationTests {
  @Test func `in 2000 simulated runs nothing is lost and nothing is wrong`() async throws {
    let result = try await #require(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      var simulation = try StoreSimulation()
      var violations = 0
      let clock = ContinuousClock()
      let start = clock.now
      for seed in 1...2000 as ClosedRange<UInt64> {
        guard let violation = await simulation.run(seed: seed) else { continue }
        violations += 1
        print("VIOLATION \(violation)")
      }
      print(simulation.counts.text(seconds: (clock.now - start) / .seconds(1)))
      #expect(violations == 0)
      #expect(simulation.counts.faults > 1000)
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
}
