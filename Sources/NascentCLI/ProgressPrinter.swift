import Nascent

/// Prints a run's progress on standard error: one line that is written over on a terminal, a line for
/// each quarter elsewhere.
struct ProgressPrinter {
  private let task: Task<Void, Never>

  init(updates: AsyncStream<MaterializationProgress>, isQuiet: Bool) {
    task = Task {
      var lastQuarter = 0
      var isLineOpen = false
      for await progress in updates where !isQuiet && progress.byteCount > 0 {
        let share = Double(progress.bytesDone) / Double(progress.byteCount)
        let text = """
          \(progress.variablesDone) of \(progress.variableCount) variables, \
          \(Console.bytes(progress.bytesDone)) of \(Console.bytes(progress.byteCount)) \
          (\(Int(share * 100)) %)
          """
        if Console.isTerminal {
          Console.progress("\r\u{1B}[K\(text)")
          isLineOpen = true
        } else if Int(share * 4) > lastQuarter {
          lastQuarter = Int(share * 4)
          Console.error(text)
        }
      }
      if isLineOpen { Console.progress("\r\u{1B}[K") }
    }
  }

  /// Ends the printing.
  func stop() async {
    task.cancel()
    await task.value
  }
}
