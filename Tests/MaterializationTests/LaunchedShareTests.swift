import Foundation
import Nascent
import TestSupport
import Testing

/// What launchers say, by table.
struct LaunchedShareTests {
  /// Variables as a shell has them, and what comes of them.
  private struct Case {
    let name: String
    let variables: String
    var count: Int?
    let expected: Outcome
  }

  /// The share's text, or the code of the error.
  private enum Outcome: Equatable {
    case share(String)
    case failure(LauncherError.Code)
  }

  private static let batch = "SLURM_JOB_ID=7 SLURM_PROCID=0 SLURM_NTASKS=16"
  private static let array =
    "SLURM_ARRAY_TASK_ID=6 SLURM_ARRAY_TASK_MIN=2 SLURM_ARRAY_TASK_MAX=8 SLURM_ARRAY_TASK_STEP=2 "
    + "SLURM_ARRAY_TASK_COUNT=4"
  private static func step(_ rank: Int, _ size: Int, nodes: Int) -> String {
    """
    SLURM_STEP_ID=0 SLURM_PROCID=\(rank) SLURM_NTASKS=\(size) SLURM_STEP_NUM_TASKS=\(size) \
    SLURM_STEP_NUM_NODES=\(nodes)
    """
  }
  private static func openMPI(_ rank: Int, _ size: Int) -> String {
    "OMPI_COMM_WORLD_RANK=\(rank) OMPI_COMM_WORLD_SIZE=\(size)"
  }

  private static let cases: [Case] = [
    // One launcher.
    Case(
      name: "step", variables: step(2, 16, nodes: 4),
      expected: .share("share 3 of 16, from Slurm step")),
    Case(name: "array", variables: array, expected: .share("share 3 of 4, from Slurm array")),
    Case(
      name: "Open MPI", variables: openMPI(0, 4), expected: .share("share 1 of 4, from Open MPI")),
    Case(
      name: "MPICH", variables: "PMI_RANK=3 PMI_SIZE=4",
      expected: .share("share 4 of 4, from MPICH")),
    Case(
      name: "torchrun", variables: "RANK=5 WORLD_SIZE=8",
      expected: .share("share 6 of 8, from torchrun")),
    Case(
      name: "Kubernetes", variables: "JOB_COMPLETION_INDEX=2", count: 16,
      expected: .share("share 3 of 16, from Kubernetes indexed job")),
    Case(
      name: "one process", variables: openMPI(0, 1),
      expected: .share("share 1 of 1, from Open MPI")),
    // The number of shares.
    Case(
      name: "Kubernetes without a number", variables: "JOB_COMPLETION_INDEX=2",
      expected: .failure(.unsuitableCount)),
    Case(
      name: "Kubernetes beyond the number", variables: "JOB_COMPLETION_INDEX=16", count: 16,
      expected: .failure(.unsuitableCount)),
    Case(
      name: "the same number", variables: openMPI(1, 4), count: 4,
      expected: .share("share 2 of 4, from Open MPI")),
    Case(
      name: "another number", variables: openMPI(1, 4), count: 8,
      expected: .failure(.unsuitableCount)),
    Case(
      name: "one process of several", variables: openMPI(0, 1), count: 4,
      expected: .failure(.unsuitableCount)),
    // No launcher: a batch script of Slurm is one process, whatever its rank.
    Case(name: "nothing", variables: "HOME=/root", expected: .failure(.noLauncher)),
    Case(name: "batch script", variables: batch, expected: .failure(.noLauncher)),
    Case(
      name: "batch step", variables: batch + " SLURM_STEP_ID=4294967291",
      expected: .failure(.noLauncher)),
    Case(
      name: "interactive step", variables: batch + " SLURM_STEP_ID=4294967290",
      expected: .failure(.noLauncher)),
    // Several that fit.
    Case(
      name: "mpirun in a batch script", variables: batch + " " + openMPI(3, 16),
      expected: .share("share 4 of 16, from Open MPI")),
    Case(
      name: "the same from two", variables: step(1, 4, nodes: 2) + " PMI_RANK=1 PMI_SIZE=4",
      expected: .share("share 2 of 4, from Slurm step and MPICH")),
    Case(
      name: "a step of one task in an array", variables: array + " " + step(0, 1, nodes: 1),
      expected: .share("share 3 of 4, from Slurm array")),
    Case(
      name: "mpirun over daemons, one on each node",
      variables: step(1, 2, nodes: 2) + " " + openMPI(5, 8),
      expected: .share("share 6 of 8, from Open MPI")),
    Case(
      name: "torchrun on each node", variables: step(1, 2, nodes: 2) + " RANK=9 WORLD_SIZE=16",
      expected: .share("share 10 of 16, from torchrun")),
    Case(
      name: "Kubernetes and torchrun of one process a pod",
      variables: "JOB_COMPLETION_INDEX=2 RANK=2 WORLD_SIZE=4",
      expected: .share("share 3 of 4, from torchrun and Kubernetes indexed job")),
    // Several that do not.
    Case(
      name: "a step of two tasks in an array", variables: array + " " + step(1, 2, nodes: 1),
      expected: .failure(.disagreement)),
    Case(
      name: "mpirun in an array", variables: array + " " + openMPI(1, 2),
      expected: .failure(.disagreement)),
    Case(
      name: "mpirun in each task of a step", variables: step(3, 4, nodes: 2) + " " + openMPI(0, 2),
      expected: .failure(.disagreement)),
    Case(
      name: "other ranks", variables: openMPI(1, 4) + " RANK=2 WORLD_SIZE=4",
      expected: .failure(.disagreement)),
    Case(
      name: "other sizes", variables: openMPI(1, 4) + " RANK=1 WORLD_SIZE=8",
      expected: .failure(.disagreement)),
    Case(
      name: "Kubernetes and torchrun of many processes a pod",
      variables: "JOB_COMPLETION_INDEX=2 RANK=9 WORLD_SIZE=16", expected: .failure(.disagreement)),
    // Half of it, and nonsense.
    Case(name: "no size", variables: "RANK=1", expected: .failure(.malformedVariables)),
    Case(name: "no rank", variables: "PMI_SIZE=4", expected: .failure(.malformedVariables)),
    Case(
      name: "a step without ranks", variables: "SLURM_STEP_ID=0",
      expected: .failure(.malformedVariables)),
    Case(
      name: "an array without its bounds", variables: "SLURM_ARRAY_TASK_ID=3",
      expected: .failure(.malformedVariables)),
    Case(
      name: "an array with holes",
      variables: "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=7 "
        + "SLURM_ARRAY_TASK_STEP=1 SLURM_ARRAY_TASK_COUNT=3",
      expected: .failure(.malformedVariables)),
    Case(
      name: "an array off its steps",
      variables: array.replacingOccurrences(of: "ID=6", with: "ID=5"),
      expected: .failure(.malformedVariables)),
    Case(
      name: "a step of zero", variables: array.replacingOccurrences(of: "STEP=2", with: "STEP=0"),
      expected: .failure(.malformedVariables)),
    Case(
      name: "letters", variables: "RANK=a WORLD_SIZE=4", expected: .failure(.malformedVariables)),
    Case(name: "empty", variables: "RANK= WORLD_SIZE=4", expected: .failure(.malformedVariables)),
    Case(name: "negative", variables: openMPI(-1, 4), expected: .failure(.malformedVariables)),
    Case(name: "a rank too far", variables: openMPI(4, 4), expected: .failure(.malformedVariables)),
    Case(name: "no processes", variables: openMPI(0, 0), expected: .failure(.malformedVariables)),
    Case(
      name: "more digits than a number has",
      variables: "RANK=0 WORLD_SIZE=99999999999999999999", expected: .failure(.malformedVariables)),
  ]

  private func environment(_ text: String) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: text.split(separator: " ").map { pair in
        let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(sides[0]), String(sides[1]))
      })
  }

  @Test func `launchers are read, and those that disagree refused`() throws {
    for test in Self.cases {
      let found: Outcome
      do {
        let share = try LaunchedShare(in: environment(test.variables), count: test.count)
        found = .share(share.description)
      } catch let error as LauncherError {
        found = .failure(error.code)
      }
      #expect(found == test.expected, "\(test.name)")
    }
  }

  @Test func `a disagreement names variables and values`() throws {
    let error = #expect(throws: LauncherError.self) {
      try LaunchedShare(in: environment(Self.openMPI(1, 4) + " RANK=2 WORLD_SIZE=8"))
    }
    #expect(
      error?.message == """
        Cannot tell the share of this process, because launchers disagree: Open MPI says process 1 of 4 \
        (OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=4); torchrun says process 2 of 8 (RANK=2, \
        WORLD_SIZE=8).
        Give the share as you mean it, counted from 0: --shard I/N.
        """)
  }

  @Test func `half of a launcher's variables names what is missing`() throws {
    let error = #expect(throws: LauncherError.self) {
      try LaunchedShare(in: environment("PMI_RANK=2"))
    }
    #expect(
      error?.message == """
        Cannot tell the share of this process from MPICH: PMI_RANK=2, PMI_SIZE not set; all of them are \
        needed.
        Set them right or unset them, or give the share: --shard 0/16.
        """)
  }

  @Test func `the other errors say what to do`() {
    let messages: [(String, Int?, String)] = [
      (
        "", nil,
        """
        Cannot tell the share of this process: no variables of Slurm (in a step or an array), Open MPI, \
        MPICH, torchrun or a Kubernetes indexed job are set.
        Start it with one of these (a batch script of Slurm needs srun), or give the share: --shard 0/16.
        """
      ),
      (
        "JOB_COMPLETION_INDEX=2", nil,
        """
        Cannot tell the share of this process: Kubernetes indexed job says JOB_COMPLETION_INDEX=2, and \
        not of how many.
        Give the number of shares, which is the job's number of completions: --shard auto/16.
        """
      ),
      (
        "PMI_RANK=2 PMI_SIZE=4", 8,
        """
        Cannot tell the share of this process: --shard auto/8 asks for 8 shares, and MPICH says \
        PMI_RANK=2, PMI_SIZE=4.
        Start 8 processes, leave the number out, or give the share: --shard I/8.
        """
      ),
      (
        "JOB_COMPLETION_INDEX=8", 8,
        """
        Cannot tell the share of this process: Kubernetes indexed job says JOB_COMPLETION_INDEX=8, which \
        is not below 8.
        Give the number of shares that the job has processes.
        """
      ),
    ]
    for (variables, count, expected) in messages {
      let error = #expect(throws: LauncherError.self) {
        try LaunchedShare(in: environment(variables), count: count)
      }
      #expect(error?.message == expected)
    }
  }
}
