/// How far PyTorch's stream is ahead of some place in it.
///
/// Besides words, the generator keeps the second normal of a pair, which the next short tensor takes.
public struct StreamOffset: Sendable, Hashable {
  /// What the generator keeps.
  public enum Cache: Sendable, Hashable {
    /// No normal is kept.
    case empty
    /// What was kept at the place that the offset counts from.
    case inherited
    /// The sine's normal of the four words that begin at this offset.
    case pair(at: Int)
  }

  /// The words drawn since the place, 0 or more.
  public var wordCount: Int
  /// What is kept.
  public var cache: Cache

  /// An offset of any numbers.
  public init(wordCount: Int = 0, cache: Cache = .empty) {
    self.wordCount = wordCount
    self.cache = cache
  }

  /// The offset behind a draw whose number of words depends on the tensor's size only; `nil` where it
  /// does not fit in `Int`. `isCacheKept` says whether an inherited cache holds a normal.
  ///
  /// - Source: PyTorch's `normal_kernel`, `randperm_cpu`.
  public func advanced(by draw: SequentialDraw, isCacheKept: Bool = false) -> StreamOffset? {
    switch draw {
    case .uniform(let count, let format):
      return advanced(by: count, times: format.wordCount)
    case .normal(let count, let format):
      guard count >= MersenneTwisterState.blockCount else {
        return advanced(byShortNormals: count, isCacheKept: isCacheKept)
      }
      // Full-precision formats draw the remainder as well, before the last 16 are drawn anew.
      let remainder = count % MersenneTwisterState.blockCount
      let first = format.byteCount == 2 ? count - remainder : count
      return advanced(by: first, times: format.wordCount)?.advanced(
        by: remainder == 0 ? 0 : MersenneTwisterState.blockCount, times: format.wordCount)
    case .permutations(let size, let times):
      let words = MersenneTwisterState.wordCount(ofPermutation: size)
      return advanced(by: words, times: times)
    case .truncatedNormal(let draw):
      return advanced(by: .normal(count: draw.count, draw.format), isCacheKept: isCacheKept)
    }
  }

  private func advanced(by count: Int, times: Int) -> StreamOffset? {
    let (words, overflow) = count.multipliedReportingOverflow(by: times)
    let (sum, overflowsToo) = wordCount.addingReportingOverflow(words)
    return overflow || overflowsToo ? nil : StreamOffset(wordCount: sum, cache: cache)
  }

  private func advanced(byShortNormals count: Int, isCacheKept: Bool) -> StreamOffset? {
    guard count > 0 else { return self }
    let isKept =
      switch cache {
      case .empty: false
      case .inherited: isCacheKept
      case .pair: true
      }
    let fresh = isKept ? count - 1 : count
    guard var next = advanced(by: (fresh + 1) / 2, times: 4) else { return nil }
    next.cache = fresh % 2 == 1 ? .pair(at: next.wordCount - 4) : .empty
    return next
  }
}
