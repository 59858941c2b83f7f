public import Nascent
public import Synchronization

/// Another initializer that counts the elements that it is asked for.
public final class CountedInitializer<Base: Initializer>: Initializer {
  private let base: Base
  private let isWhole: Bool
  /// The number of elements asked for so far.
  public let elements = Mutex(0)

  /// Counts for `base`.
  ///
  /// - Parameter isWhole: Says that elements cannot be filled apart.
  public init(_ base: Base, isWhole: Bool = false) {
    self.base = base
    self.isWhole = isWhole
  }

  /// That of the other initializer.
  public var configuration: InitializerConfiguration { base.configuration }

  /// That of the other initializer.
  public var version: Int { base.version }

  /// That of the other initializer.
  public var seeding: Seeding { base.seeding }

  /// That of the other initializer, or false.
  public func isElementwise(in dialect: Dialect) -> Bool {
    !isWhole && base.isElementwise(in: dialect)
  }

  /// Fills as the other initializer does.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    elements.withLock { $0 += range.count }
    try base.fill(&span, elements: range, of: target)
  }

  /// The elements asked for since the last call.
  public func takeCount() -> Int {
    elements.withLock { count in
      defer { count = 0 }
      return count
    }
  }
}
