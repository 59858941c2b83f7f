public import Tensors
public import VariableGraph

/// What a run would do with a graph and a store, said beforehand.
///
///     let plan = try store.plan(graph)
///     for decision in plan.decisions where decision.isMade { print(decision.name, decision.reason) }
///
/// The words are those of the run's report, because both come from the same decisions.
public struct MaterializationPlan: Sendable {
  /// A declaration that differs from the stored one where the policy forbids to replace it, or one that
  /// would lose a value that nothing can make again.
  public struct Conflict: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// What differs, in words.
    public let reason: String
  }

  /// What would be done with each selected variable and alias, in the order of declaration.
  public let decisions: [MaterializationDecision]
  /// Variables of the store that the graph does not have; a run takes them out of the checkpoint.
  public let removed: [String]
  /// Variables that are not selected and would lose their value, because their declaration changed.
  public let invalidated: [String]
  /// Variables and aliases that are not selected and stay as they are, though the graph declares them
  /// otherwise.
  public let kept: [String]
  /// Where there are any, a run refuses to begin and changes nothing.
  public let conflicts: [Conflict]
  /// The fingerprint of all declarations.
  public let specFingerprint: Digest

  /// The number of decisions of a kind.
  public func count(of action: MaterializationAction) -> Int {
    decisions.count { $0.action == action }
  }

  init(_ decisions: RunDecisions) {
    self.decisions = decisions.decisions
    removed = decisions.rows.removed.map(\.name)
    invalidated = decisions.invalidated
    kept = decisions.kept
    conflicts = decisions.conflicts
    specFingerprint = decisions.rows.specFingerprint
  }

  /// What a run into a store that is not there yet would do.
  public init(
    forNewStoreOf graph: VariableGraph, selecting patterns: [GlobPattern] = ["*"],
    share: Share? = nil
  ) throws {
    let request = RunRequest(
      graph: graph, checkpoint: "", policy: .skip, patterns: patterns, isRecipe: false,
      share: share)
    self.init(try RunDecisions(request, checkpointID: nil, in: nil, path: ""))
  }
}

extension CheckpointStore {
  /// What a run would skip, remake, remove and refuse, and why; nothing is written.
  ///
  /// - Parameter graph: The declarations that the run would store.
  /// - Parameter checkpoint: One that is not there yet holds nothing.
  /// - Parameter policy: What the run would do with values that the checkpoint has already.
  /// - Parameter patterns: Which variables the run would be asked for.
  /// - Parameter share: Which share of the graph; `nil` for all of it.
  /// - Parameter isRecipe: Whether it would store digests without bytes.
  /// - Throws: `CheckpointError` with the codes `notAStore`, `damaged` where rows are that the run would keep,
  ///   `busy`, `inputOutput`.
  public func plan(
    _ graph: VariableGraph, checkpoint: String = "initial", policy: ExistingPolicy = .skip,
    selecting patterns: [GlobPattern] = ["*"], share: Share? = nil, isRecipe: Bool = false
  ) throws -> MaterializationPlan {
    let request = RunRequest(
      graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns, isRecipe: isRecipe,
      share: share)
    return try read { db in
      let id = try db.presentCheckpoint(named: checkpoint, path: path)
      let damaged = try id.map { try request.damagedRows(of: $0, db) } ?? []
      return try MaterializationPlan(
        RunDecisions(request, checkpointID: id, in: db, path: path, ignoring: damaged))
    }
  }

  /// What a run would do where all rows were what was written, for those who verify them themselves.
  package func uncheckedPlan(
    _ graph: VariableGraph, checkpoint: String, policy: ExistingPolicy,
    selecting patterns: [GlobPattern], share: Share?, isRecipe: Bool
  ) throws -> MaterializationPlan {
    let request = RunRequest(
      graph: graph, checkpoint: checkpoint, policy: policy, patterns: patterns, isRecipe: isRecipe,
      share: share)
    return try read { db in
      try MaterializationPlan(
        RunDecisions(request, checkpointID: db.checkpointID(of: checkpoint), in: db, path: path))
    }
  }
}
