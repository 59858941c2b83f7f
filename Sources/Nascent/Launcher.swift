/// A program that starts many processes, and what it tells this one about its place among them.
///
/// | Launcher | Place | Of |
/// |---|---|---|
/// | Slurm step (`SLURM_STEP_ID` is set) | `SLURM_PROCID` | `SLURM_NTASKS` |
/// | Slurm array | (`…_TASK_ID` − `…_TASK_MIN`) / `…_TASK_STEP` | `…_TASK_COUNT` |
/// | Open MPI | `OMPI_COMM_WORLD_RANK` | `OMPI_COMM_WORLD_SIZE` |
/// | MPICH | `PMI_RANK` | `PMI_SIZE` |
/// | torchrun | `RANK` | `WORLD_SIZE` |
/// | Kubernetes indexed job | `JOB_COMPLETION_INDEX` | not said |
///
/// A batch script that Slurm runs without `srun` has `SLURM_PROCID=0` and no step of its own: it is the
/// only process, and would do a fraction of the work. So Slurm's rank counts in a step only.
public struct Launcher: Sendable, Hashable {
  /// Its name, for people.
  public let name: String
  /// The process's place, from 0.
  public let index: Int
  /// Of how many; `nil` where the launcher does not say.
  public let count: Int?
  /// True where it starts processes inside of what another one started.
  let isInner: Bool
  /// True for a step of one task a node, as the inner launchers start their daemons on each node.
  let carriesOthers: Bool
  /// The variables that say so, as a shell has them.
  let evidence: [String]

  /// All launchers that an environment tells of.
  ///
  /// - Throws: `LauncherError.Code.malformedVariables` where one says only half of it, or nonsense.
  public static func all(in environment: [String: String]) throws -> [Launcher] {
    let variables = LauncherVariables(environment)
    return try [
      slurmStep(variables), slurmArray(variables),
      pair("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", variables),
      pair("MPICH", "PMI_RANK", "PMI_SIZE", variables),
      pair("torchrun", "RANK", "WORLD_SIZE", variables), kubernetes(variables),
    ].compactMap { $0 }
  }

  /// Numbers from here on mean no step that tasks run in: a batch script, an interactive shell.
  private static let firstSpecialStep = 0xFFFF_FFF0

  private static func slurmStep(_ variables: LauncherVariables) throws -> Launcher? {
    let name = "Slurm step"
    guard let step = try variables.number("SLURM_STEP_ID", of: name), step < firstSpecialStep else {
      return nil
    }
    return try pair(
      name, "SLURM_PROCID", "SLURM_NTASKS", variables, isInner: false, marker: "SLURM_STEP_ID",
      nodes: "SLURM_STEP_NUM_NODES")
  }

  private static func slurmArray(_ variables: LauncherVariables) throws -> Launcher? {
    let name = "Slurm array"
    let keys = ["ID", "MIN", "MAX", "STEP", "COUNT"].map { "SLURM_ARRAY_TASK_\($0)" }
    guard let found = try variables.numbers(keys, of: name) else { return nil }
    let (id, least, greatest, step, count) = (found[0], found[1], found[2], found[3], found[4])
    let isRegular =
      step >= 1 && count >= 1 && least <= id && id <= greatest && (id - least) % step == 0
      && (greatest - least) / step == count - 1
    guard isRegular else {
      throw LauncherError.malformedVariables(
        name, variables.texts(keys), "the array is no row of numbers with equal steps")
    }
    return Launcher(
      name: name, index: (id - least) / step, count: count, isInner: false, carriesOthers: false,
      evidence: variables.texts(keys))
  }

  private static func kubernetes(_ variables: LauncherVariables) throws -> Launcher? {
    let name = "Kubernetes indexed job"
    let key = "JOB_COMPLETION_INDEX"
    guard let index = try variables.number(key, of: name) else { return nil }
    return Launcher(
      name: name, index: index, count: nil, isInner: false, carriesOthers: false,
      evidence: variables.texts([key]))
  }

  /// A launcher that says rank and size.
  ///
  /// - Parameter marker: A variable that is set, so that the two must be.
  /// - Parameter nodes: The variable with the number of nodes.
  private static func pair(
    _ name: String, _ rank: String, _ size: String, _ variables: LauncherVariables,
    isInner: Bool = true, marker: String? = nil, nodes: String? = nil
  ) throws -> Launcher? {
    guard let found = try variables.numbers([rank, size], of: name, marker: marker) else {
      return nil
    }
    guard found[0] < found[1] else {
      throw LauncherError.malformedVariables(
        name, variables.texts([rank, size]), "a rank is below the number of processes")
    }
    let nodeCount = try nodes.flatMap { try variables.number($0, of: name) }
    return Launcher(
      name: name, index: found[0], count: found[1], isInner: isInner,
      carriesOthers: nodeCount == found[1], evidence: variables.texts([rank, size]))
  }
}

/// The variables of an environment, read as numbers.
private struct LauncherVariables {
  private let environment: [String: String]

  init(_ environment: [String: String]) { self.environment = environment }

  /// As a shell has them: `RANK=3`.
  func texts(_ keys: [String]) -> [String] {
    keys.map { key in environment[key].map { "\(key)=\($0)" } ?? "\(key) not set" }
  }

  /// A variable's number; `nil` where it is not set.
  func number(_ key: String, of launcher: String) throws -> Int? {
    guard let text = environment[key] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw LauncherError.malformedVariables(
        launcher, texts([key]), "a number of 0 or more is meant")
    }
    return number
  }

  /// The numbers of variables that are set together; `nil` where none of them is set and no marker is.
  func numbers(
    _ keys: [String], of launcher: String, marker: String? = nil
  ) throws -> [Int]? {
    let found = try keys.map { try number($0, of: launcher) }
    if marker == nil, found.allSatisfy({ $0 == nil }) { return nil }
    let numbers = found.compactMap { $0 }
    guard numbers.count == keys.count else {
      throw LauncherError.malformedVariables(
        launcher, texts((marker.map { [$0] } ?? []) + keys), "all of them are needed")
    }
    return numbers
  }
}
