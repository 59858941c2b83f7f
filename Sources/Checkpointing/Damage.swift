public import Tensors

/// One place where stored bytes are not what was recorded.
public struct Damage: Sendable, Hashable, CustomStringConvertible {
  /// The variable that was read; others can share the bytes.
  public let variable: String
  /// The number of the chunk, from 0; `nil` for the tensor as a whole.
  public let chunk: Int?
  /// The recorded digest.
  public let expected: Digest
  /// The digest of the bytes as they are; `nil` where they cannot be read.
  public let found: Digest?

  /// The text for people.
  public var description: String {
    let place = chunk.map { "chunk \($0) of variable" } ?? "variable"
    let found = found.map { "has digest \($0)" } ?? "cannot be read"
    return "\(place) \"\(variable.shown)\" \(found), expected \(expected)"
  }
}
