import Foundation

/// What stands behind standard output or standard error: a terminal with its width and colours, or a file.
struct Terminal {
  /// True for a terminal, where a line can be written over.
  let isTerminal: Bool
  /// The number of columns; `nil` where lines may have any length.
  let width: Int?
  /// True where text may be coloured: on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
  let hasColor: Bool
  /// True where more than ASCII can be shown.
  let isUnicode: Bool

  /// Standard output.
  static let output = Terminal(of: STDOUT_FILENO)
  /// Standard error.
  static let errors = Terminal(of: STDERR_FILENO)

  /// True where nobody watches: continuous integration sets `CI`.
  static let isUnattended = {
    let value = ProcessInfo.processInfo.environment["CI"] ?? ""
    return !value.isEmpty && value != "false" && value != "0"
  }()

  /// The number of columns that `COLUMNS` asks for, where it is set.
  static let namedWidth = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
    .flatMap { (20...1000).contains($0) ? $0 : nil }

  private init(of descriptor: Int32) {
    let environment = ProcessInfo.processInfo.environment
    isTerminal = isatty(descriptor) == 1
    var size = winsize()
    let isKnown =
      isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    width = isKnown ? Int(size.ws_col) : nil
    // https://no-color.org: any value but an empty one forbids colours.
    hasColor =
      isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    isUnicode = locale?.lowercased().contains(/utf-?8/) ?? false
  }

  /// How a text is to stand out.
  enum Style: String {
    case bold = "1"
    case red = "31"
  }

  /// A text in a style, where there are colours.
  func styled(_ text: String, _ style: Style?) -> String {
    guard let style, hasColor else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }
}
