internal import CTensorKernels

/// JAX's random numbers for one key: Threefry 2×32-20, and what XLA makes of its words on a CPU.
///
/// Each function is pure: element *i* depends on the key and *i*, in the older mode on the number of
/// elements besides, so any range of a draw can be made alone, in any order, on any thread.
///
/// - Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3";
///   `jax/_src/random/prng.py` and `core.py`.
public struct ThreefryStream: Sendable, Hashable {
  /// The key.
  public let key: ThreefryKey
  let path: KernelPath

  /// The stream of a key.
  public init(key: ThreefryKey, path: KernelPath = .best) {
    self.key = key
    self.path = path
  }

  /// Twenty rounds of Threefry on a pair of words.
  ///
  /// - Parameter counter: Two words.
  /// - Parameter key: Two words.
  public static func block(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    precondition(counter.count == 2 && key.count == 2, "two words of counter, two of key")
    var words = [UInt32](repeating: 0, count: 2)
    unsafe nascent_threefry_block(key, counter, &words)
    return words
  }

  /// `jax.random.bits`: elements `range` of a draw of `count` elements of 32 bits.
  public func bits(_ range: Range<Int>, of count: Int) -> [UInt32] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "the elements are of the draw")
    return [UInt32](unsafeUninitializedCapacity: range.count) { buffer, filled in
      if let base = buffer.baseAddress {
        unsafe nascent_threefry_bits32(
          path.kernel, draw(width: 32, count), UInt64(range.lowerBound), UInt64(range.count),
          base)
      }
      filled = range.count
    }
  }

  /// The draw of `count` elements of `width` bits.
  func draw(width: UInt32, _ count: Int) -> nascent_threefry {
    nascent_threefry(
      key0: key.first, key1: key.second, is_partitionable: key.isPartitionable ? 1 : 0,
      width: width, element_count: UInt64(count))
  }
}

extension ThreefryKey {
  /// `jax.random.split(key, count)[index]`.
  ///
  /// The hash of the index; in the older mode words 2 · index and 2 · index + 1 of a draw of
  /// 2 · count words.
  public func split(into count: Int = 2, at index: Int) -> ThreefryKey {
    precondition(index >= 0 && index < count, "the index is one of the count")
    guard isPartitionable else {
      let words = ThreefryStream(key: self).bits(2 * index..<2 * index + 2, of: 2 * count)
      return ThreefryKey(words[0], words[1], isPartitionable: false)
    }
    let number = UInt64(index)
    return hashed([UInt32(number >> 32), UInt32(truncatingIfNeeded: number)])
  }

  /// `jax.random.fold_in(key, number)`: the hash of the key that the number would seed.
  public func folding(_ number: UInt32) -> ThreefryKey { hashed([0, number]) }

  private func hashed(_ counter: [UInt32]) -> ThreefryKey {
    let words = ThreefryStream.block(counter: counter, key: [first, second])
    return ThreefryKey(words[0], words[1], isPartitionable: isPartitionable)
  }
}
