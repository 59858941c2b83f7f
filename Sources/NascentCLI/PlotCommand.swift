import ArgumentParser
import Foundation
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
      width: Terminal.width, as: Terminal.isUnicode ? .unicode : .ascii)
    Console.print(lines.joined(separator: "\n"))
  }
}

/// What is known of the terminal.
enum Terminal {
  /// The number of columns: what `COLUMNS` says, else the terminal, else 80.
  static var width: Int {
    if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text),
      (20...1000).contains(columns)
    {
      return columns
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// True where the locale's characters are UTF-8.
  static var isUnicode: Bool {
    let environment = ProcessInfo.processInfo.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    return locale?.lowercased().replacing("-", with: "").contains("utf8") ?? false
  }
}
