/// Where a stream of PyTorch's CPU generator stands: its seed and what was drawn from it before.
public struct MersenneTwisterState: Sendable, Hashable {
  /// The seed; MT19937 takes its lower 32 bits.
  public var seed: UInt64
  /// The number of 32-bit words that were drawn since the seed was set.
  public var drawnWordCount: Int
  /// The second value of a pair of normals, kept by the generator for the next short draw.
  public var cachedNormal: Double?

  /// A stream after `torch.manual_seed(seed)` and these draws.
  public init(seed: UInt64, drawnWordCount: Int = 0, cachedNormal: Double? = nil) {
    self.seed = seed
    self.drawnWordCount = drawnWordCount
    self.cachedNormal = cachedNormal
  }
}
