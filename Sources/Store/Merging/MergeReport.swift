public import Tensors

/// What a merge did, and what is still missing.
public struct MergeReport: Sendable {
  /// A value that the parts do not have, or not all of.
  public struct Missing: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// The numbers of the chunks that nobody has.
    public let chunks: [Range<Int>]
    /// How many chunks the value has; 0 for one without bytes.
    public let chunkCount: Int
  }

  /// The number of parts.
  public let partCount: Int
  /// The number of chunks that came to the store; a recipe counts as one.
  public var chunkCount = 0
  /// The bytes that were copied.
  public var byteCount = 0
  /// The number of variables that got their value.
  public var completedCount = 0
  /// The fingerprint of all declarations.
  public let specFingerprint: Digest
  /// The digest of all values, where every variable has one.
  public var contentDigest: Digest?
  /// What is missing, in the order of declaration.
  public var missing: [Missing] = []
  /// The numbers of shares that the parts were made in, the most frequent first.
  public var shareCounts: [Int] = []
  /// The time it took.
  public var seconds: Double = 0
}
