/// The two 64-bit numbers that TensorFlow's stateless random functions are seeded with.
///
/// An initializer's own `seed: s` is the pair (s, 0).
public struct SeedPair: Sendable, Hashable {
  /// The first number, as two's complement.
  public var first: UInt64
  /// The second number, as two's complement.
  public var second: UInt64

  /// A pair of any two numbers.
  public init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  /// The pair (seed, 0), as `tf.initializers` make it of their `seed` argument.
  public init(seed: Int64) {
    self.init(UInt64(bitPattern: seed), 0)
  }
}
