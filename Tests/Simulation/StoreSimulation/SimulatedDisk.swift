import CSimulatedDisk
import TestSupport

/// The disk below SQLite in this process, see `CSimulatedDisk.h`: files in memory, and what can go wrong with
/// them.
///
/// An enum without cases, because a process has one default file system.
enum SimulatedDisk {
  /// Something that goes wrong during an operation.
  struct Fault: CustomStringConvertible {
    let kind: simulated_fault
    let calls: simulated_call
    let countdown: UInt64

    /// As a failure's history shows it.
    var description: String {
      let names: [UInt32: String] = [
        SIMULATED_CRASH.rawValue: "crash", SIMULATED_POWER_LOSS.rawValue: "power loss",
        SIMULATED_FAILURE.rawValue: "failure",
        SIMULATED_LASTING_FAILURE.rawValue: "lasting failure",
        SIMULATED_FULL_DISK.rawValue: "full disk",
      ]
      return "\(names[kind.rawValue] ?? "?") at call \(countdown) of kinds \(calls.rawValue)"
    }

    /// True where a process or the power ends.
    var isEnd: Bool { kind == SIMULATED_CRASH || kind == SIMULATED_POWER_LOSS }

    /// One of all faults; early and late calls are as likely.
    static func random(_ random: inout SeededGenerator) -> Fault {
      let (kind, calls) =
        switch Int.random(in: 0..<100, using: &random) {
        case ..<20:
          (SIMULATED_CRASH, [SIMULATED_CHANGING, SIMULATED_ANY].randomElement(using: &random))
        case ..<60:
          (SIMULATED_POWER_LOSS, [SIMULATED_CHANGING, SIMULATED_ANY].randomElement(using: &random))
        case ..<78: (SIMULATED_FAILURE, failing.randomElement(using: &random))
        case ..<88: (SIMULATED_LASTING_FAILURE, failing.randomElement(using: &random))
        default: (SIMULATED_FULL_DISK, SIMULATED_WRITE)
        }
      let limit = UInt64(1) << UInt64.random(in: 0...8, using: &random)
      return Fault(
        kind: kind, calls: calls ?? SIMULATED_ANY, countdown: .random(in: 1...limit, using: &random)
      )
    }

    private static let failing = [
      SIMULATED_OPEN, SIMULATED_READ, SIMULATED_WRITE, SIMULATED_WRITE, SIMULATED_SYNC,
      SIMULATED_TRUNCATE, SIMULATED_DELETE, SIMULATED_LOCK, SIMULATED_SIZE, SIMULATED_ACCESS,
    ]
  }

  static func arm(_ fault: Fault) {
    simulated_disk_arm(fault.kind, fault.calls.rawValue, fault.countdown)
  }

  /// Takes a fault back. Returns whether it had happened.
  static func disarm() -> Bool { simulated_disk_disarm() != 0 }

  static var isDown: Bool { simulated_disk_is_down() != 0 }
}

/// What was simulated, in numbers.
public struct SimulationCounts: Codable, Sendable {
  /// Runs, each from a seed of its own.
  public var runs = 0
  /// Operations on stores.
  public var operations = 0
  /// Comparisons of a whole store with the model.
  public var comparisons = 0
  /// Calls that SQLite made.
  public var calls: UInt64 = 0
  /// Faults that happened, all kinds together.
  public var faults: UInt64 = 0
  /// Processes that ended.
  public var crashes: UInt64 = 0
  /// Power losses.
  public var powerLosses: UInt64 = 0
  /// Writes that a power loss left out or tore.
  public var lostWrites: UInt64 = 0
  /// Those of them that it tore.
  public var tornWrites: UInt64 = 0
  /// Calls that failed.
  public var failures: UInt64 = 0
  /// Disks that were full.
  public var fullDisks: UInt64 = 0
  /// Bits that were flipped.
  public var flips: UInt64 = 0
  /// Bits of them that a read or a verification found; the others changed nothing that can be read.
  public var foundFlips = 0
  /// Runs in which the store and the model differed.
  public var violations = 0

  /// Nothing yet.
  public init() {}

  /// Adds the disk's own counts of a run.
  mutating func addDisk() {
    let disk = simulated_disk_counts()
    calls += disk.calls
    faults += disk.faults
    crashes += disk.crashes
    powerLosses += disk.power_losses
    lostWrites += disk.lost_writes
    tornWrites += disk.torn_writes
    failures += disk.failures
    fullDisks += disk.full_disks
    flips += disk.flips
  }

  /// Adds another process's.
  public static func += (left: inout SimulationCounts, right: SimulationCounts) {
    left.runs += right.runs
    left.operations += right.operations
    left.comparisons += right.comparisons
    left.calls += right.calls
    left.faults += right.faults
    left.crashes += right.crashes
    left.powerLosses += right.powerLosses
    left.lostWrites += right.lostWrites
    left.tornWrites += right.tornWrites
    left.failures += right.failures
    left.fullDisks += right.fullDisks
    left.flips += right.flips
    left.foundFlips += right.foundFlips
    left.violations += right.violations
  }

  /// A few lines for people.
  public func text(seconds: Double) -> String {
    func rate(_ count: some BinaryInteger) -> String {
      "\(count) (\(Int((Double(count) / max(seconds, 0.001)).rounded()))/s)"
    }
    return """
      \(runs) runs (\(Int((Double(runs) * 60 / max(seconds, 0.001)).rounded()))/min), \
      operations \(rate(operations)), faults \(rate(faults)), calls of SQLite \(rate(calls)), \
      comparisons \(rate(comparisons))
        crashes \(crashes), power losses \(powerLosses) (\(lostWrites) writes lost, \(tornWrites) of \
      them torn), failing calls \(failures), full disks \(fullDisks), flipped bits \(flips) \
      (\(foundFlips) found, the others harmless)
        violations \(violations)
      """
  }
}
