import Nascent

/// Prints a run's progress on standard error: one line that is written over on a terminal, a line for
/// each quarter elsewhere, and nothing where nobody watches.
struct ProgressPrinter {
  private let task: Task<Void, Never>

  init(updates: AsyncStream<MaterializationProgress>, isQuiet: Bool) {
    task = Task {
      let terminal = Terminal.errors
      let text = ProgressText(isUnicode: terminal.isUnicode)
      let isSilent = isQuiet || Terminal.isUnattended
      var lastQuarter = 0
      var isLineOpen = false
      for await progress in updates where !isSilent && progress.byteCount > 0 {
        if terminal.isTerminal {
          Console.progress("\r\u{1B}[K\(text.line(progress, width: terminal.width ?? 80))")
          isLineOpen = true
        } else {
          let quarter = Int(4 * Double(progress.bytesDone) / Double(progress.byteCount))
          guard quarter > lastQuarter else { continue }
          lastQuarter = quarter
          Console.error(text.line(progress, width: nil))
        }
      }
      if isLineOpen { Console.progress("\r\u{1B}[K") }
    }
  }

  /// Does some work, and ends the printing when it is done or failed.
  func during<Value>(_ work: () async throws -> Value) async throws -> Value {
    do {
      let value = try await work()
      await stop()
      return value
    } catch {
      await stop()
      throw error
    }
  }

  private func stop() async {
    task.cancel()
    await task.value
  }
}
