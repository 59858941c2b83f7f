/// Stands for a variable before it has a name: a value that a model holds and hands out, and that every
/// graph in which the model is declared knows the name of.
///
///     let value = try await runtime.value(of: model.blocks[3].attention.outputWeight)
///
/// Copies are equal, and stand for one variable; two that are made apart never are. It holds nothing
/// besides, so that no declaration and no byte depends on it.
public struct VariableReference: Sendable, Hashable, CustomStringConvertible {
  // A class, because an object's identity is what no two of them share.
  private final class Identity: Sendable {}
  private let identity = Identity()

  /// A reference to a variable of its own.
  public init() {}

  /// True where both stand for one variable.
  public static func == (left: VariableReference, right: VariableReference) -> Bool {
    left.identity === right.identity
  }

  /// Hashes the identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(identity)) }

  /// The text for people, which cannot know the name.
  public var description: String { "VariableReference" }
}
