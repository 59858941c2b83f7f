import ArgumentParser
import Nascent

/// `nascent plot`: a histogram in the terminal.
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draws a variable's histogram over the density that its initializer promises.",
    discussion: """
      As wide as the terminal, or 80 columns; in ASCII where the locale is not UTF-8.

      Example: nascent plot gpt2.db wte.weight
      """)

  @Argument(help: "A store.") var store: String
  @Argument(help: "The full name of a variable or of an alias.") var name: String
  @OptionGroup var target: CheckpointOption

  func run() throws {
    let plot = try CheckpointStore(path: store, for: .read).plot(of: name, in: target.checkpoint)
    let lines = try plot.lines(
      width: Terminal.namedWidth ?? Terminal.output.width ?? 80,
      as: Terminal.output.isUnicode ? .unicode : .ascii)
    Console.print(lines.joined(separator: "\n"))
  }
}
