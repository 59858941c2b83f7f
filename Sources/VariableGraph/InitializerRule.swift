/// Gives an initializer to the variables whose names match, where they have none of their own.
public struct InitializerRule: Sendable {
  /// The names it is for.
  public let match: GlobPattern
  /// What they get.
  public var initializer: any Initializer { declared.initializer }
  /// The same, shared by all variables that it is for.
  let declared: DeclaredInitializer

  /// A rule. In a list the first that matches counts.
  public init(_ match: GlobPattern, _ initializer: some Initializer) {
    self.match = match
    declared = DeclaredInitializer(sharing: initializer)
  }
}
