import ArgumentParser
import Foundation
import Nascent

/// `nascent`: arguments in, text or JSON out.
@main
struct NascentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nascent",
    abstract: "Makes, stores and verifies the initial values of neural networks' variables.",
    discussion: """
      Example:
        nascent materialize Examples/models/gpt2.json --store gpt2.db
        nascent show gpt2.db '*ln_f*'
        nascent verify gpt2.db
      """,
    version: NascentVersion.current,
    subcommands: [
      PlanCommand.self, ExplainCommand.self, MaterializeCommand.self, ListCommand.self,
      ShowCommand.self,
      VerifyCommand.self, RepairCommand.self, FingerprintCommand.self, DiffCommand.self,
      SampleCommand.self, PruneCommand.self, MergeCommand.self, SliceCommand.self,
      ExportCommand.self, ImportCommand.self, GraphCommand.self, ReportCommand.self,
      PlotCommand.self, SignCommand.self, VerifySignatureCommand.self,
    ])

  static func main() async {
    // A limit on the size of files is an error that is told, and no sudden end.
    signal(SIGXFSZ, SIG_IGN)
    CheckpointStore.keepMemoryReserve()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      guard let status = ExitStatus(error) else { exit(withError: error) }
      Console.error("\(error)")
      exit(withError: ExitCode(status.code))
    }
  }
}
