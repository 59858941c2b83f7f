import ArgumentParser
import Nascent

/// `nascent explain`: how one variable comes to its values.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Says how a variable comes to its values, with the numbers put in.",
    discussion: """
      Layout, fans, gain, target mean and deviation, bounds, dialect, the seed's origin and the formula.

      Example: nascent explain Examples/models/gpt2.json wte.weight
      """)

  @OptionGroup var options: GraphOptions
  @Argument(help: "The full name of a variable or of an alias.") var name: String
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    let explanation = try options.load().explanation(of: name)
    if json {
      Console.print(json: explanation.json)
    } else {
      Console.print(TextTable(explanation.lines.map { [$0.heading, $0.text] }).text(width: nil))
    }
  }
}
