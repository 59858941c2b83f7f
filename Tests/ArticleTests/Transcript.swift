/// What an article's code has printed.
///
/// A class, because the function that takes the place of `print` adds to it.
final class Transcript {
  /// The lines, each with its end.
  private(set) var text = ""

  /// Adds a line, as `print` writes it.
  func print(_ items: [Any]) {
    text += items.map { "\($0)" }.joined(separator: " ") + "\n"
  }
}
