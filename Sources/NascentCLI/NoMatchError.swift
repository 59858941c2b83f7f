import Nascent

/// Patterns that select no variable, and the names that may have been meant.
struct NoMatchError: Error, CustomStringConvertible {
  private let patterns: [String]
  private let nearest: [String]

  /// Patterns of which none matches one of `names`.
  init(_ patterns: [String], among names: [String]) {
    self.patterns = patterns
    nearest = patterns.flatMap { Spelling.nearest(to: $0, in: names) }
  }

  var description: String {
    let list = patterns.map { "\"\($0)\"" }.joined(separator: ", ")
    guard nearest.isEmpty else {
      return """
        No variable matches \(list).
        Did you mean \(nearest.joined(separator: ", "))?
        """
    }
    return """
      No variable matches \(list).
      `nascent plan GRAPH` and `nascent show STORE` list the names; * matches any characters.
      """
  }
}
