import ArgumentParser
import Foundation
import Nascent

/// `nascent report`: a checkpoint as a page.
struct ReportCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes one self-contained HTML page about a checkpoint.",
    discussion: """
      Each variable with its spec, fans, histogram over the promised density and heat map; bytes by module;
      dependencies; runs. Every stored byte is read and checked, damage is shown in red. The page needs no
      network.

      Example: nascent report gpt2.db --output gpt2.html
      """)

  @Argument(help: "A store.") var store: String
  @Option(help: "The HTML file to write.") var output: String
  @OptionGroup var target: CheckpointOption

  func run() async throws {
    let store = try CheckpointStore(path: store, for: .read)
    let report = try store.report(of: target.checkpoint)
    let page = Data(report.html.utf8)
    try await FileAccess.write(to: output, sparing: store.filePaths()) { try $0(page) }
    Console.print(
      """
      \(output): \(Console.grouped(report.variableCount)) variables, \(Console.bytes(page.count)); \
      \(report.deviating.count) deviate from their promise, \
      \(NameSet(names: report.damages.map(\.variable)).count) damaged
      """)
    for flaw in report.flaws { Console.error("Damaged: \(flaw).") }
    for damage in report.damages { Console.error("Damaged: \(damage).") }
  }
}
