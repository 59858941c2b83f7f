internal import Interchange
internal import Materialization
internal import Synchronization

/// A source that tells how much of it was read, where each byte is read once.
///
/// A class, because it counts.
final class CountedTensors<Base: TensorSource>: TensorSource {
  private let base: Base
  private let report: @Sendable (MaterializationProgress) -> Void
  private let progress: Mutex<MaterializationProgress>
  let entries: [TensorEntry]

  init(_ base: Base, _ report: @escaping @Sendable (MaterializationProgress) -> Void) {
    self.base = base
    self.report = report
    entries = base.entries
    let byteCount = entries.reduce(0) { $0 + $1.byteCount }
    progress = Mutex(
      MaterializationProgress(
        variablesDone: 0, variableCount: entries.count, bytesDone: 0, byteCount: byteCount))
  }

  var formatName: String { base.formatName }

  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    let byteCount = span.byteCount
    try base.read(into: &span, at: offset, of: index)
    let now = progress.withLock { progress in
      progress.bytesDone += byteCount
      if offset + byteCount == entries[index].byteCount { progress.variablesDone += 1 }
      return progress
    }
    report(now)
  }

  func validate(_ index: Int) throws { try base.validate(index) }
}
