/// Which saved checkpoints stay when another is saved: those that at least one rule keeps.
///
///     let policy: RetentionPolicy = [.last(3), .every(1000), .best(by: .lowest("loss"))]
///
/// Checkpoints without a step, such as `initial`, always stay. Without any rule all stay.
public struct RetentionPolicy: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// What one rule keeps.
  private enum Rule: Sendable, Hashable {
    case last(Int)
    case every(Int)
    case best(Int, MetricCriterion)
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

  /// The checkpoints that no rule keeps, in order.
  ///
  /// - Parameter checkpoints: In the order of their steps.
  func removed(of checkpoints: [SavedCheckpoint]) -> [SavedCheckpoint] {
    guard !keepsAll else { return [] }
    var kept: Set<Int64> = []
    for rule in rules {
      switch rule {
      case .last(let count): kept.formUnion(checkpoints.suffix(count).map(\.id))
      case .every(let interval):
        kept.formUnion(checkpoints.filter { $0.step.isMultiple(of: interval) }.map(\.id))
      case .best(let count, let criterion):
        kept.formUnion(criterion.ranked(checkpoints).prefix(count).map(\.id))
      }
    }
    return checkpoints.filter { !kept.contains($0.id) }
  }
}
