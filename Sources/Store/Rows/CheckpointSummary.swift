/// One line of `nascent list`: a checkpoint in numbers.
public struct CheckpointSummary: Sendable, Codable, Hashable {
  /// The name.
  public let name: String
  /// The training step, where there is one.
  public let step: Int?
  /// The graph's seed.
  public let seed: Int64
  /// Whose bits.
  public let dialect: String
  /// The number of variables, aliases left out.
  public let variables: Int
  /// How many of them have stored bytes.
  public let materialized: Int
  /// The bytes of those.
  public let bytes: Int
  /// The fingerprint of all declarations, as hexadecimal digits.
  public let specFingerprint: String
  /// The digest of all values, once every variable has one.
  public let contentDigest: String?
  /// When the checkpoint was made, in UTC.
  public let createdAt: String
  /// What is wrong with the rows, as a sentence without an end: then what stands here is not what was
  /// written. `nil` where they are proved.
  public let flaw: String?
}
