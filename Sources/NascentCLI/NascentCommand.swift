import ArgumentParser
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
      VerifyCommand.self, FingerprintCommand.self, DiffCommand.self, SampleCommand.self,
      PruneCommand.self,
      ExportCommand.self, ImportCommand.self, GraphCommand.self, ReportCommand.self,
      PlotCommand.self,
    ])

  static func main() async {
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
