import Foundation
import Nascent

/// What people read: text on standard output, progress and errors on standard error.
///
/// Names come from files of strangers: what a terminal would obey instead of showing it is spelled out.
enum Console {
  static func print(_ text: String, as style: Terminal.Style? = nil) {
    write(Terminal.output.styled(lines(text), style) + "\n", to: .standardOutput)
  }

  static func error(_ text: String, as style: Terminal.Style? = nil) {
    write(Terminal.errors.styled(lines(text), style) + "\n", to: .standardError)
  }

  private static func lines(_ text: String) -> String {
    let newline = UInt8(ascii: "\n")
    if text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 || $0 == newline }) { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.printable }
      .joined(separator: "\n")
  }

  static func progress(_ text: String) {
    write(text, to: .standardError)
  }

  /// One JSON document, keys sorted; characters that a terminal obeys as JSON escapes.
  static func print(json value: JSONValue) {
    let text = value.canonicalText
    guard text.hasHidden else { return print(text) }
    print(
      text.unicodeScalars.map { scalar in
        guard scalar.isHidden else { return String(scalar) }
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined())
  }

  private static func write(_ text: String, to handle: FileHandle) {
    do {
      try handle.write(contentsOf: Data(text.utf8))
    } catch {
      // A reader that went away is no failure of the work: SIGPIPE ends the program, as it should. What cannot
      // be told on standard error cannot be told.
      guard handle === FileHandle.standardOutput else { return }
      self.error("Cannot write to standard output: \((error as NSError).localizedDescription)")
      exit(ExitStatus.inputOutput.code)
    }
  }

  /// The variables that a run takes out of a checkpoint, those that lose their value by it, and those that stay
  /// though the graph declares them otherwise.
  static func printLosses(removed: [String], invalidated: [String], kept: [String]) {
    for name in removed { print("\(name): removed, the graph does not have it") }
    for name in invalidated {
      print("\(name): not selected, its value is dropped because its declaration changed")
    }
    guard !kept.isEmpty else { return }
    let names = kept.prefix(3).joined(separator: ", ")
    let rest = kept.count > 3 ? ", … (\(kept.count))" : ""
    print("\(names)\(rest): not selected, kept as stored, though the graph declares it otherwise")
  }

  /// Rows in columns, cut to the terminal's width; the first row is the heading. Numbers' columns are named in
  /// `rightAligned`.
  static func print(table rows: [[String]], rightAligned: Set<Int> = []) {
    let terminal = Terminal.output
    let table = TextTable(rows, rightAligned: rightAligned)
      .text(width: terminal.width) { terminal.styled($0, .bold) }
    write(table + "\n", to: .standardOutput)
  }

  /// A number of bytes as people say it: `474.7 MiB`.
  static func bytes(_ count: Int) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) bytes" : "\(fixed(value, 1)) \(units[unit])"
  }

  /// A number with digits in groups of three: `124,439,808`.
  static func grouped(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, digits[digits.startIndex] != "-" || index > 1 {
        text += ","
      }
      text.append(digit)
    }
    return text
  }

  /// A number with that many decimals.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.formatted(
      .number.precision(.fractionLength(decimals)).grouping(.never).locale(
        Locale(identifier: "en_US_POSIX")))
  }
}
