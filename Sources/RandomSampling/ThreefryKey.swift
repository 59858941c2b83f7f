/// A key of JAX's generator: two 32-bit words, and how a draw counts its elements.
///
/// - Source: `jax/_src/prng.py`.
public struct ThreefryKey: Sendable, Hashable {
  /// The first word.
  public let first: UInt32
  /// The second word.
  public let second: UInt32
  /// True for the mode in which element *i* is the hash of *i* alone, JAX's default since 0.5; false
  /// for the older mode, `jax_threefry_partitionable=False`.
  public let isPartitionable: Bool

  /// A key of any two words.
  public init(_ first: UInt32, _ second: UInt32, isPartitionable: Bool = true) {
    self.first = first
    self.second = second
    self.isPartitionable = isPartitionable
  }

  /// `jax.random.key(seed)`: the seed's lower 32 bits, after 0 or, with 64-bit types enabled, after
  /// its upper 32 bits.
  public init(seed: Int64, enables64BitTypes: Bool = false, isPartitionable: Bool = true) {
    let bits = UInt64(bitPattern: seed)
    self.init(
      enables64BitTypes ? UInt32(bits >> 32) : 0, UInt32(truncatingIfNeeded: bits),
      isPartitionable: isPartitionable)
  }
}
