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

  /// Keeps a file that is opened from getting the number of a standard stream that is closed, into which
  /// messages would go then.
  private static func holdStandardFiles() {
    for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
      // Open for reading only, so that what should be printed fails.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  static func main() async {
    // A limit on the size of files is an error that is told, and no sudden end.
    signal(SIGXFSZ, SIG_IGN)
    holdStandardFiles()
    CheckpointStore.keepMemoryReserve()
    do {
      var command = try parseAsRoot()
      if let writing = command as? any WritingCommand {
        try await Interruption.stoppable {
          var writing = writing
          try await writing.run()
        }
      } else if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let interruption as InterruptedError {
      Console.error("Stopped; files that were being written are as they were.")
      exit(withError: interruption.exitCode)
    } catch {
      guard let status = ExitStatus(error) else { exit(withError: error) }
      Console.error("\(error)")
      exit(withError: ExitCode(status.code))
    }
  }
}
