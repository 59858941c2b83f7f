/// One of several equal parts of a graph's values, for workers that do not talk to each other.
///
/// `ShareTable` says what is in it.
public struct Share: Sendable, Hashable, CustomStringConvertible {
  /// Which part, from 0.
  public let index: Int
  /// Of how many.
  public let count: Int

  /// Part `index` of `count`; `nil` unless 0 ≤ index < count.
  public init?(index: Int, of count: Int) {
    guard index >= 0, index < count else { return nil }
    self.index = index
    self.count = count
  }

  /// Reads `I/N`, I from 0; `nil` for any other text.
  public init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
    self.init(index: index, of: count)
  }

  /// As the command takes it: `0/4` is the first.
  public var argument: String { "\(index)/\(count)" }

  /// As people count: `share 1 of 4` is the first.
  public var description: String { "share \(index + 1) of \(count)" }
}
