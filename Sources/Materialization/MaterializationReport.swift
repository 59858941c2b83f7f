public import Store
public import Tensors
public import VariableGraph

/// What a run did.
public struct MaterializationReport: Sendable {
  /// What happened to one variable or alias.
  public struct Outcome: Sendable {
    /// The name.
    public let name: String
    /// What happened.
    public let action: MaterializationAction
    /// Why, in words.
    public let reason: String
    /// The number of bytes of the value.
    public let byteCount: Int
    /// The SHA-256 of the value.
    public let digest: Digest?
    /// How the value compares with what the initializer promises; `nil` for one that this run did not
    /// make.
    public let check: DistributionCheck?
  }

  /// The checkpoint's name; `nil` without a store.
  public let checkpoint: String?
  /// Each selected variable and alias, in the order of declaration.
  public let outcomes: [Outcome]
  /// The fingerprint of all declarations.
  public let specFingerprint: Digest
  /// The digest of all values, where every variable has one.
  public let contentDigest: Digest?
  /// The time it took.
  public let seconds: Double
  /// The bytes of the values that were made.
  public let bytesWritten: Int
  /// Variables of the store that the graph does not have any more.
  public let removed: [String]
  /// Variables that were not selected and lost their value, because their declaration changed.
  public let invalidated: [String]
  /// Variables and aliases that were not selected and stay as they are stored, though the graph declares them
  /// otherwise.
  public let kept: [String]
  /// Damaged places of values that `verify` found.
  public let damages: [Damage]
  /// What `verify` found wrong with the rows of the checkpoint and the structure of the file, as sentences
  /// without an end. Where there is anything, nothing was made and nothing counts as verified.
  public let flaws: [String]
  /// True where nothing is damaged, as far as the run looked.
  public var isIntact: Bool { damages.isEmpty && flaws.isEmpty }

  /// The variables that this run made and whose values are not what their initializers promise.
  public var deviations: [Outcome] { outcomes.filter { $0.check?.verdict == .deviates } }

  /// The number of outcomes of a kind.
  public func count(of action: MaterializationAction) -> Int {
    outcomes.count { $0.action == action }
  }
}
