/// One of several equal parts of a graph's variables, for workers that do not talk to each other.
///
/// The variables lie on a line in the order of their declaration, each as long as its bytes; the line
/// is cut into `count` equal lengths, and a variable belongs to the part in which it begins. So every
/// worker knows its part from the graph alone, and the parts together are the whole.
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

  /// As people count: `share 1 of 4` is the first.
  public var description: String { "share \(index + 1) of \(count)" }
}

extension VariableGraph {
  /// The variables of a share, in the order of declaration.
  public func variables(in share: Share) -> [Variable] {
    var start = 0
    return variables.filter { variable in
      defer { start += variable.byteCount }
      guard start < byteCount else { return share.index == share.count - 1 }
      // start · count / byteCount without overflow; below `count`, because start < byteCount.
      let product = UInt(start).multipliedFullWidth(by: UInt(share.count))
      return UInt(byteCount).dividingFullWidth(product).quotient == UInt(share.index)
    }
  }
}
