import Nascent

/// A run's progress in words, with its rate and the time that is left.
struct ProgressText {
  private let start = ContinuousClock.now
  private let isUnicode: Bool

  init(isUnicode: Bool) { self.isUnicode = isUnicode }

  /// One line: how much is done, how fast, and how long it will take.
  ///
  /// - Parameter width: The line is at most this long, the bar left out first; `nil` for a line without a bar.
  func line(_ progress: MaterializationProgress, width: Int?) -> String {
    let share = Double(progress.bytesDone) / Double(max(progress.byteCount, 1))
    var text = """
      \(progress.variablesDone) of \(progress.variableCount) variables, \
      \(Console.bytes(progress.bytesDone)) of \(Console.bytes(progress.byteCount)) \
      (\(Int(share * 100)) %)
      """
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    if progress.bytesDone > 0, elapsed > 0 {
      let rate = Double(progress.bytesDone) / elapsed
      let left = Double(progress.byteCount - progress.bytesDone) / rate
      text += ", \(Console.fixed(rate / 1e9, 2)) GB/s, \(Self.duration(left)) left"
    }
    guard let width else { return text }
    let room = width - text.count - 4
    if room >= 10 { text = bar(share, length: min(room, 30)) + " " + text }
    return String(text.prefix(width - 1))
  }

  private func bar(_ share: Double, length: Int) -> String {
    let full = min(max(Int(share * Double(length)), 0), length)
    let (done, open) = isUnicode ? ("━", "─") : ("#", "-")
    return "[" + String(repeating: done, count: full)
      + String(repeating: open, count: length - full) + "]"
  }

  /// A number of seconds as people say it: `8 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "very long" }
    let whole = Int(seconds.rounded(.up))
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
