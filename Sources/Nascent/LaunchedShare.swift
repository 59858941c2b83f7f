public import VariableGraph

/// The share of the process that a launcher started.
///
///     let launched = try LaunchedShare(in: ProcessInfo.processInfo.environment)
///     print(launched)  // share 3 of 16, from Slurm step
///
/// Where several launchers tell of themselves, they must say the same, since a guess would leave out a
/// part of the work. Two cases are no contradiction:
/// - a launcher of one process says nothing about shares beside one of many: `srun -n 1` in an array;
/// - `mpirun`, `mpiexec` and `torchrun` run on several nodes of Slurm by a step of one task a node, which
///   is not theirs: their own ranks count.
public struct LaunchedShare: Sendable, Hashable, CustomStringConvertible {
  /// The share.
  public let share: Share
  /// The names of the launchers that say so.
  public let launchers: [String]

  /// Reads the variables of launchers.
  ///
  /// - Parameter environment: The variables of the process's environment, by name.
  /// - Parameter count: The number of shares, where the launcher does not know it, as Kubernetes
  ///   does not; others must have that number of processes.
  /// - Throws: `LauncherError`.
  public init(in environment: [String: String], count: Int? = nil) throws {
    let all = try Launcher.all(in: environment)
    guard !all.isEmpty else { throw LauncherError.none() }
    let hasInner = all.contains { $0.isInner && $0.count != 1 }
    let heard = all.filter { !(hasInner && $0.carriesOthers) }
    // One process beside many is no statement; alone it is.
    let several = heard.filter { $0.count != 1 }
    let speaking = several.isEmpty ? heard : several
    let first = speaking[0]
    let sizes = Set(speaking.compactMap(\.count))
    guard speaking.allSatisfy({ $0.index == first.index }), sizes.count <= 1 else {
      throw LauncherError.disagreement(speaking)
    }
    guard let size = sizes.first ?? count else { throw LauncherError.unknownCount(first) }
    guard size == count ?? size else {
      throw LauncherError.otherCount(speaking, given: count ?? size)
    }
    guard let share = Share(index: first.index, of: size) else {
      throw LauncherError.outOfRange(speaking, count: size)
    }
    self.share = share
    launchers = speaking.map(\.name)
  }

  /// As it is printed: `share 3 of 16, from Slurm step`.
  public var description: String { "\(share), from \(launchers.joined(separator: " and "))" }
}
