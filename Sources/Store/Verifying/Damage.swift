public import Tensors

/// One place where a store does not hold what was recorded.
public struct Damage: Sendable, Hashable, CustomStringConvertible {
  /// What of a variable is damaged.
  public enum Part: Sendable, Hashable {
    /// The bytes of the chunk of this number, from 0.
    case chunk(Int)
    /// The tensor as a whole: its chunks are what their digests say.
    case whole
    /// The digests of its chunks or of its subtrees: they are not all there, or do not give the root.
    case digests
    /// The value with its digests: something else in the store says that there was one.
    case value
    /// The row of the variable, or of its value: it does not have its seal.
    case row
  }

  /// The variable that was read; others can share the bytes.
  public let variable: String
  /// What of it is damaged.
  public let part: Part
  /// The recorded digest; `nil` where none is.
  public let expected: Digest?
  /// The digest of the bytes as they are; `nil` where they cannot be read.
  public let found: Digest?
  /// The part that holds the bytes, where the store is a catalog of parts.
  public var file: String?
  /// The number of the chunk, from 0; `nil` for the tensor as a whole.
  public var chunk: Int? { if case .chunk(let number) = part { number } else { nil } }

  /// The text for people.
  public var description: String {
    let found =
      (found.map { "has digest \($0)" } ?? "cannot be read")
      + (expected.map { ", expected \($0)" } ?? "")
    let file = file.map { " in \"\($0)\"" } ?? ""
    return switch part {
    case .chunk(let number):
      "chunk \(number) of variable \"\(variable.shown)\"\(file) \(found)"
    case .whole: "variable \"\(variable.shown)\"\(file) \(found)"
    case .digests:
      "the list of digests of variable \"\(variable.shown)\" does not give its root"
        + (expected.map { ", \($0)" } ?? "")
    case .value: "the value of variable \"\(variable.shown)\" is gone, and its digests with it"
    case .row: Self.sealFlaw(of: variable)
    }
  }

  /// What is said of a variable whose row is not what was written.
  static func sealFlaw(of variable: String) -> String {
    "the row of variable \"\(variable.shown)\", or of its value, does not have its seal"
  }
}
