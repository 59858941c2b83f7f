public import Tensors

/// What to do with variables that the store already has.
///
/// A value that nothing can make again, because it was imported or assigned, is lost under no policy but
/// `replace`; the others refuse a run that would lose one. What is not selected stays as it is under all.
public enum ExistingPolicy: String, Sendable, Hashable, CaseIterable {
  /// Keeps what has the same fingerprint; remakes what has another, and removes what the graph does not have.
  case skip
  /// Hashes stored bytes again; refuses other declarations, and to remove anything.
  case verify
  /// Makes every variable again, and lets go what cannot be made; only an imported value whose declaration is
  /// the same stays. Of an import: takes the file's values in place of others.
  case replace
  /// Keeps what has the same fingerprint; refuses other declarations, and to remove anything.
  case fail
}

/// What happened to a variable in a run.
public enum MaterializationAction: String, Sendable, Hashable, CaseIterable {
  /// Its value was made; there was none.
  case materialized
  /// Its value was there already, and stays.
  case skipped
  /// Its stored bytes were hashed again, and have their digests.
  case verified
  /// Its value was made in place of another.
  case replaced
  /// It is a second name: what happened to its variable counts.
  case aliased
  /// It was to be verified and is damaged, or was not made because the checkpoint is.
  case failed
}

/// What a run is to do with a variable, and why.
public struct MaterializationDecision: Sendable, Hashable {
  /// The variable's name.
  public let name: String
  /// What will have happened to it.
  public let action: MaterializationAction
  /// Why, in words: `remade: shape changed from [784,128] to [784,256]`.
  public let reason: String
  /// The number of bytes of the value.
  public let byteCount: Int
  /// The SHA-256 of the stored value that is kept; `nil` for one that must be made.
  public let digest: Digest?
  /// The variable that an alias stands for.
  public var target: String?
  /// True where the values must be made.
  public var isMade: Bool { action == .materialized || action == .replaced }
}
