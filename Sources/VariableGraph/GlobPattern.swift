internal import Tensors

/// A pattern of names: `*` matches any run of characters, `/` and `.` among them, `?` any one.
public struct GlobPattern: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// The pattern as written.
  public let description: String
  private let pattern: [UInt8]
  fileprivate let isLiteral: Bool
  /// What a name must end with, for a star with nothing but that behind it, as most patterns are.
  private let tail: [UInt8]?

  /// A pattern; every text is one.
  public init(_ text: String) {
    description = text
    pattern = Array(text.utf8)
    isLiteral = false
    let rest = pattern.dropFirst()
    let isTail =
      pattern.first == UInt8(ascii: "*")
      && !rest.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
    tail = isTail ? Array(rest) : nil
  }

  /// A pattern that only this name matches, whatever characters it has.
  public init(exactly name: String) {
    description = name
    pattern = Array(name.utf8)
    isLiteral = true
    tail = nil
  }

  /// A pattern written as a literal.
  public init(stringLiteral value: String) { self.init(value) }

  /// True when the whole name matches.
  ///
  /// - Complexity: O(*n · m*) at worst, for a name of *n* and a pattern of *m* bytes.
  public func matches(_ name: String) -> Bool {
    if isLiteral { return NameKey(name) == NameKey(description) }
    return matches(Array(name.utf8))
  }

  /// True when the whole name matches.
  func matches(_ name: [UInt8]) -> Bool {
    if let tail { return name.count >= tail.count && name.suffix(tail.count).elementsEqual(tail) }
    if isLiteral { return name == pattern }
    var at = 0
    var place = 0
    /// Where to go on after a mismatch: just behind the last star, one more byte given to it.
    var retry: (place: Int, at: Int)?
    while at < name.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        retry = (place + 1, at)
        place += 1
      } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") {
        at += 1
        while at < name.count, name[at] & 0xC0 == 0x80 { at += 1 }
        place += 1
      } else if place < pattern.count, pattern[place] == name[at] {
        at += 1
        place += 1
      } else if let last = retry {
        retry = (last.place, last.at + 1)
        at = last.at + 1
        place = last.place
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// The names that at least one of several patterns matches.
///
/// Patterns of one name each, as a share of a graph has them by the thousand, are looked up at once.
public struct NameSelection: Sendable {
  private let literals: NameSet
  private let globs: [GlobPattern]

  /// The names of these patterns.
  public init(_ patterns: [GlobPattern]) {
    literals = NameSet(names: patterns.filter(\.isLiteral).map(\.description))
    globs = patterns.filter { !$0.isLiteral }
  }

  /// True when a pattern matches the whole name.
  public func contains(_ name: String) -> Bool {
    literals.contains(name) || globs.contains { $0.matches(name) }
  }
}
