import ArgumentParser
import Nascent

/// `nascent repair`: makes damaged values again.
struct RepairCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Makes damaged values again and stores them; exit code 1 where any is lost.",
    discussion: """
      What `nascent verify` finds damaged is made again from its spec and stored if it has the recorded digests.
      Values that were assigned, as training does, or imported cannot be made again, and one that comes out
      otherwise than recorded is not stored: these are named, and nothing of them is changed.

      Example: nascent repair gpt2.db
      """)

  @Argument(help: "A store.") var store: String
  @OptionGroup var target: CheckpointOption
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    // Not made where there is none, as opening for writing would.
    _ = try CheckpointStore(path: store, for: .read)
    let store = try CheckpointStore(path: store)
    let report = try await store.repair(
      target.checkpoint, with: store.regeneration(of: target.checkpoint))
    if json {
      Console.print(json: document(report))
    } else {
      for variable in report.repaired {
        let count = variable.chunks.count
        let chunks = count == 0 ? nil : count == 1 ? "1 chunk" : "\(count) chunks"
        let mended = [chunks, variable.hasNewDigests ? "its list of digests" : nil]
          .compactMap(\.self).joined(separator: " and ")
        Console.print("repaired: \(variable.name), \(mended)")
      }
      for variable in report.lost { Console.print("lost: \(variable.name): \(variable.reason)") }
      for flaw in report.verification.flaws { Console.print("damaged: \(flaw)", as: .red) }
      Console.print("\(report.repaired.count) repaired, \(report.lost.count) lost")
    }
    guard report.isIntact else { throw ExitCode(ExitStatus.no.code) }
  }

  private func document(_ report: RepairReport) -> JSONValue {
    [
      "checkpoint": .string(target.checkpoint), "intact": .bool(report.isIntact),
      "repaired": .array(
        report.repaired.map { variable in
          [
            "variable": .string(variable.name),
            "chunks": .array(variable.chunks.map { .integer(Int64($0)) }),
            "digests": .bool(variable.hasNewDigests),
          ]
        }),
      "lost": .array(
        report.lost.map { variable in
          ["variable": .string(variable.name), "reason": .string(variable.reason)]
        }),
    ]
  }
}
