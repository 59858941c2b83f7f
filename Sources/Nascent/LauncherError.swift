/// Why a process cannot tell its share from what its launcher says.
public struct LauncherError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// No launcher tells of itself.
    public static let noLauncher = Code(name: "noLauncher")
    /// Variables are missing, or do not fit each other.
    public static let malformedVariables = Code(name: "malformedVariables")
    /// Two launchers say different things.
    public static let disagreement = Code(name: "disagreement")
    /// The launcher does not say how many processes there are, or another number than was given.
    public static let unsuitableCount = Code(name: "unsuitableCount")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func none() -> LauncherError {
    LauncherError(
      code: .noLauncher,
      message: """
        Cannot tell the share of this process: no variables of Slurm (in a step or an array), Open MPI, \
        MPICH, torchrun or a Kubernetes indexed job are set.
        Start it with one of these (a batch script of Slurm needs srun), or give the share: --shard 0/16.
        """)
  }

  static func malformedVariables(
    _ launcher: String, _ evidence: [String], _ reason: String
  ) -> LauncherError {
    LauncherError(
      code: .malformedVariables,
      message: """
        Cannot tell the share of this process from \(launcher): \
        \(evidence.joined(separator: ", ")); \(reason).
        Set them right or unset them, or give the share: --shard 0/16.
        """)
  }

  static func disagreement(_ launchers: [Launcher]) -> LauncherError {
    let list = launchers.map { launcher in
      let count = launcher.count.map { " of \($0)" } ?? ""
      return """
        \(launcher.name) says process \(launcher.index)\(count) \
        (\(launcher.evidence.joined(separator: ", ")))
        """
    }
    return LauncherError(
      code: .disagreement,
      message: """
        Cannot tell the share of this process, because launchers disagree: \
        \(list.joined(separator: "; ")).
        Give the share as you mean it, counted from 0: --shard I/N.
        """)
  }

  static func unknownCount(_ launcher: Launcher) -> LauncherError {
    LauncherError(
      code: .unsuitableCount,
      message: """
        Cannot tell the share of this process: \(launcher.name) says \
        \(launcher.evidence.joined(separator: ", ")), and not of how many.
        Give the number of shares, which is the job's number of completions: --shard auto/16.
        """)
  }

  static func otherCount(_ launchers: [Launcher], given: Int) -> LauncherError {
    LauncherError(
      code: .unsuitableCount,
      message: """
        Cannot tell the share of this process: --shard auto/\(given) asks for \(given) shares, and \
        \(launchers.map(\.name).joined(separator: " and ")) says \
        \(launchers.flatMap(\.evidence).joined(separator: ", ")).
        Start \(given) processes, leave the number out, or give the share: --shard I/\(given).
        """)
  }

  static func outOfRange(_ launchers: [Launcher], count: Int) -> LauncherError {
    LauncherError(
      code: .unsuitableCount,
      message: """
        Cannot tell the share of this process: \(launchers.map(\.name).joined(separator: " and ")) says \
        \(launchers.flatMap(\.evidence).joined(separator: ", ")), which is not below \(count).
        Give the number of shares that the job has processes.
        """)
  }
}
