/// Where a stream of PyTorch's CPU generator stands: its seed and what was drawn from it before.
///
/// The generator is sequential, yet each draw is a pure function of this state: the words from any
/// place on are found by going there, by steps or by a jump; see `StreamMemory`.
///
/// - Source: Matsumoto and Nishimura (1998), "Mersenne Twister"; PyTorch 2.13's
///   `ATen/native/cpu/DistributionTemplates.h` for words to samples, on processors with AVX2.
public struct MersenneTwisterState: Sendable {
  /// The seed; MT19937 takes its lower 32 bits.
  public let seed: UInt64
  /// The number of 32-bit words that were drawn since the seed was set.
  public let drawnWordCount: Int
  /// The number of the word at which the pair of normals begins whose second value the generator
  /// keeps for the next short draw.
  public let cachedPair: Int?
  let memory: StreamMemory
  let path: KernelPath

  /// A stream after `torch.manual_seed(seed)` and these draws.
  ///
  /// - Parameter seed: MT19937 takes its lower 32 bits.
  /// - Parameter drawnWordCount: The number of 32-bit words drawn since the seed was set.
  /// - Parameter cachedPair: The number of the word at which a pair of normals begins whose second
  ///   is still kept; `nil` for none.
  /// - Parameter memory: Places in streams that are known already; it changes no value.
  /// - Parameter path: The instructions to use; it changes no bit.
  public init(
    seed: UInt64, drawnWordCount: Int = 0, cachedPair: Int? = nil,
    memory: StreamMemory = StreamMemory(), path: KernelPath = .best
  ) {
    self.seed = seed
    self.drawnWordCount = drawnWordCount
    self.cachedPair = cachedPair
    self.memory = memory
    self.path = path
  }

  /// The state that is `offset` behind this one.
  public func advanced(by offset: StreamOffset) -> MersenneTwisterState {
    let pair: Int? =
      switch offset.cache {
      case .empty: nil
      case .inherited: cachedPair
      case .pair(let start): drawnWordCount &+ start
      }
    return MersenneTwisterState(
      seed: seed, drawnWordCount: drawnWordCount &+ offset.wordCount, cachedPair: pair,
      memory: memory, path: path)
  }

  /// The state after a draw.
  ///
  /// - Complexity: O(1), but for a data-dependent draw, which has to be drawn.
  public func advanced(by draw: SequentialDraw) -> MersenneTwisterState {
    if case .truncatedNormal(let draw) = draw, draw.isDataDependent {
      return memory.state(after: draw, from: self) { afterTruncatedNormal(draw) }
    }
    let start = StreamOffset(cache: .inherited)
    return start.advanced(by: draw, isCacheKept: cachedPair != nil).map(advanced) ?? self
  }

  /// The words from number `start` on.
  public func words(_ range: Range<Int>) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: range.count) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe memory.draw(range, seed: seed, path: path, into: base)
      count = range.count
    }
  }

  /// The tensors that `normal_` fills by blocks have this many elements or more.
  static let blockCount = 16
}

extension MersenneTwisterState: Hashable {
  /// Equal states give equal draws.
  public static func == (left: MersenneTwisterState, right: MersenneTwisterState) -> Bool {
    left.seed == right.seed && left.drawnWordCount == right.drawnWordCount
      && left.cachedPair == right.cachedPair
  }

  /// Hashes what is compared.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(seed)
    hasher.combine(drawnWordCount)
    hasher.combine(cachedPair)
  }
}
