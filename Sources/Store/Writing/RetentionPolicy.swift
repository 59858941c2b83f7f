/// Which saved checkpoints stay when another is saved: those that at least one rule keeps.
///
///     let policy: RetentionPolicy = [.last(3), .every(1000), .best(by: .lowest("loss"))]
///
/// Checkpoints without a step, such as `initial`, always stay. Without any rule all stay, and so they do
/// while no checkpoint has a metric that a rule compares. Where no rule keeps any, the highest step stays:
/// the last checkpoint is removed by `removeCheckpoint(named:)` alone.
public struct RetentionPolicy: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// What one rule keeps.
  private enum Rule: Sendable, Hashable, CustomStringConvertible {
    case last(Int)
    case every(Int)
    case best(Int, MetricCriterion)

    var description: String {
      switch self {
      case .last(let count): "last \(count)"
      case .every(let interval): "every \(interval)"
      case .best(1, let criterion): "\(criterion)"
      case .best(let count, let criterion): "best \(count) by \(criterion)"
      }
    }

    /// The metric that it compares.
    var metric: String? { if case .best(_, let criterion) = self { criterion.metric } else { nil } }

    func chosen(from checkpoints: [SavedCheckpoint]) -> [SavedCheckpoint] {
      switch self {
      case .last(let count): checkpoints.suffix(count)
      case .every(let interval): checkpoints.filter { $0.step.isMultiple(of: interval) }
      case .best(let count, let criterion): Array(criterion.ranked(checkpoints).prefix(count))
      }
    }
  }
  private let rules: [Rule]

  /// All stay.
  public static let all: RetentionPolicy = []

  /// The `count` highest steps, 1 or more.
  public static func last(_ count: Int) -> RetentionPolicy {
    RetentionPolicy(rules: [.last(count)])
  }

  /// The steps that `interval`, 1 or more, divides.
  public static func every(_ interval: Int) -> RetentionPolicy {
    RetentionPolicy(rules: [.every(interval)])
  }

  /// The best `count`, 1 or more, of those that have the metric; of equal ones the later.
  public static func best(_ count: Int = 1, by criterion: MetricCriterion) -> RetentionPolicy {
    RetentionPolicy(rules: [.best(count, criterion)])
  }

  /// What at least one of the policies keeps.
  public init(arrayLiteral policies: RetentionPolicy...) { self.init(policies) }

  /// What at least one of the policies keeps.
  public init(_ policies: [RetentionPolicy]) { rules = policies.flatMap(\.rules) }

  private init(rules: [Rule]) { self.rules = rules }

  /// True where nothing is ever removed.
  public var keepsAll: Bool { rules.isEmpty }

  /// Checks the numbers of the rules.
  ///
  /// - Throws: `CheckpointError.Code.unsuitableRetention`.
  func validate() throws {
    for rule in rules {
      switch rule {
      case .last(let count) where count < 1:
        throw CheckpointError.unsuitableRetention("the last \(count) checkpoints")
      case .every(let interval) where interval < 1:
        throw CheckpointError.unsuitableRetention("every step that \(interval) divides")
      case .best(let count, let criterion) where count < 1:
        throw CheckpointError.unsuitableRetention("the best \(count) checkpoints by \(criterion)")
      default: break
      }
    }
  }

  /// Which checkpoints the rules keep, and which are removed.
  ///
  /// - Parameter checkpoints: In the order of their steps.
  /// - Parameter present: The key of one that stays whatever the policy says.
  func plan(for checkpoints: [SavedCheckpoint], present: Int64? = nil) -> PruningPlan {
    let kept = rules.map { rule in
      let chosen = Set(rule.chosen(from: checkpoints).map(\.id))
      return (rule: rule, checkpoints: checkpoints.filter { chosen.contains($0.id) })
    }
    let metrics = Set(checkpoints.flatMap(\.metrics.keys))
    let unknown = kept.compactMap(\.rule.metric).filter { !metrics.contains($0) }
    var staying = Set(kept.flatMap { $0.checkpoints.map(\.id) })
    if let present { staying.insert(present) }
    // What cannot be judged is no reason to remove anything.
    if keepsAll || !unknown.isEmpty { staying.formUnion(checkpoints.map(\.id)) }
    var last: SavedCheckpoint?
    if staying.isEmpty {
      last = checkpoints.last
      if let last { staying.insert(last.id) }
    }
    return PruningPlan(
      kept: kept.map { PruningPlan.Kept(rule: "\($0.rule)", names: $0.checkpoints.map(\.name)) },
      last: last?.name,
      removed: checkpoints.filter { !staying.contains($0.id) }.map(\.name),
      unknownMetrics: checkpoints.isEmpty ? [] : unknown, knownMetrics: metrics.sorted())
  }
}

/// What a retention policy keeps of a store's saved checkpoints, and what it removes.
public struct PruningPlan: Sendable, Hashable {
  /// What one rule keeps.
  public struct Kept: Sendable, Hashable {
    /// The rule in words, such as `last 3`.
    public let rule: String
    /// The names of the checkpoints, in the order of their steps.
    public let names: [String]
  }

  /// What each rule keeps, in the order of the rules.
  public let kept: [Kept]
  /// The checkpoint of the highest step, where no rule keeps any: it stays, because a policy never removes
  /// the last one.
  public let last: String?
  /// The names of the checkpoints that nothing keeps, in the order of their steps.
  public let removed: [String]
  /// The metrics of rules that no checkpoint has. Nothing is removed where there are any.
  public let unknownMetrics: [String]
  /// The metrics that checkpoints have, in the order of names.
  let knownMetrics: [String]
}
