/// By which metric a checkpoint is better than another.
public struct MetricCriterion: Sendable, Hashable, CustomStringConvertible {
  /// The name of the metric.
  public let metric: String
  /// True where larger values are better.
  public let prefersHighest: Bool

  /// The smaller the better, such as a loss.
  public static func lowest(_ metric: String) -> MetricCriterion {
    MetricCriterion(metric: metric, prefersHighest: false)
  }

  /// The larger the better, such as an accuracy.
  public static func highest(_ metric: String) -> MetricCriterion {
    MetricCriterion(metric: metric, prefersHighest: true)
  }

  /// As people say it: `lowest loss`.
  public var description: String { "\(prefersHighest ? "highest" : "lowest") \(metric)" }

  /// The checkpoints that have the metric, the best first; of equal ones the later step first. One that
  /// is not a number is none.
  func ranked(_ checkpoints: [SavedCheckpoint]) -> [SavedCheckpoint] {
    let candidates = checkpoints.compactMap { checkpoint in
      checkpoint.metrics[metric].flatMap { $0.isNaN ? nil : (checkpoint: checkpoint, value: $0) }
    }
    // Later ones come first, and sorting is stable.
    return candidates.reversed().sorted { left, right in
      prefersHighest ? left.value > right.value : left.value < right.value
    }.map(\.checkpoint)
  }
}
