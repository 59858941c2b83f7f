import CSimulatedDisk
internal import Foundation
internal import Nascent
import TestSupport

/// Simulated runs on stores, see `Docs/Simulation.md`.
///
/// In a process of their own: from `prepare` on every store that the process opens is on the simulated disk.
public struct StoreSimulation {
  /// A run in which a store was not what the model says.
  public struct Violation: Sendable, CustomStringConvertible {
    /// The seed that replays it.
    public let seed: UInt64
    /// What differed.
    public let reason: String
    /// What had been done, in order.
    public let history: [String]

    /// For people.
    public var description: String {
      "seed \(seed): \(reason)\n"
        + history.map { "    \($0.replacing("\n", with: " "))" }.joined(separator: "\n")
    }
  }

  private let folder: TemporaryFolder
  private let expected = ExpectedValues()
  /// What was simulated so far.
  public private(set) var counts = SimulationCounts()

  /// Puts the simulated disk below SQLite, and keeps the process on one core.
  ///
  /// - Parameter core: Which of those that the process may use; counted round.
  public init(core: Int = 0) throws {
    folder = try TemporaryFolder()
    guard simulated_disk_register(Int32(core)) == 0 else {
      throw SimulationFailure("SQLite does not take the simulated disk")
    }
  }

  /// Does the run of a seed.
  ///
  /// - Parameter isTold: Prints what is done on standard error.
  /// - Parameter limit: How many of the run's operations are done, for a shorter run that begins in the same
  ///   way.
  public mutating func run(
    seed: UInt64, upTo limit: Int = .max, isTold: Bool = false
  ) async -> Violation? {
    let run = SimulatedRun(seed: seed, in: folder, expected: expected, isTold: isTold)
    var violation: Violation?
    do {
      try await ReadingThreads.$limit.withValue(1) { try await run.run(upTo: limit) }
    } catch {
      run.counts.violations += 1
      violation = Violation(seed: seed, reason: "\(error)", history: run.history)
    }
    counts += run.counts
    return violation
  }

  /// A digest of all calls of the last run: equal for equal seeds.
  public var trace: UInt64 { simulated_disk_counts().trace }
}
