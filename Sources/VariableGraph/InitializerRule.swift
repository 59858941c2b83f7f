/// Gives an initializer to the variables whose names match, where they have none of their own.
public struct InitializerRule: Sendable {
  /// The names it is for.
  public let match: GlobPattern
  /// What they get.
  public let initializer: any Initializer

  /// A rule. In a list the first that matches counts.
  public init(_ match: GlobPattern, _ initializer: some Initializer) {
    self.match = match
    self.initializer = initializer
  }
}
