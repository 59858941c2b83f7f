import ArgumentParser

/// One piece of work a call, timed in the process; `run.py` calls it in turn with the peers.
@main
struct NascentBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "NascentBenchmark",
    subcommands: [
      Fill.self, Fresh.self, RawWrite.self, Materialize.self, Read.self, ReadOne.self, Skip.self,
      Plan.self, Declare.self, Values.self, MakeLarge.self, ReadLarge.self, SimulateCluster.self,
    ])
}
