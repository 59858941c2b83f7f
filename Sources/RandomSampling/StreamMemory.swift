internal import CTensorKernels
internal import Synchronization

/// Places in PyTorch's streams that were reached before, so that the next draw need not begin at the
/// seed.
///
/// A memo: what it holds is a pure function of seed and place, so it changes no value and can be
/// shared by any tasks. From the nearest known place the words between are stepped over, or jumped
/// over where they are many.
///
/// A class, because the copies of a graph share what they found.
public final class StreamMemory: Sendable {
  private struct Place {
    let seed: UInt32
    let wordCount: Int
    let state: [UInt32]
  }

  private struct Step: Hashable {
    let state: MersenneTwisterState
    let draw: TruncatedNormalDraw
  }

  private struct Contents {
    /// At most `capacity`; the oldest is replaced first.
    var places: [Place] = []
    var oldest = 0
    var steps: [Step: MersenneTwisterState] = [:]
  }

  /// 256 KiB of places.
  private static let capacity = 100
  /// A jump takes as long as about this many steps.
  private static let stepsOfJump = 4_000_000

  private let contents = Mutex(Contents())

  /// A memory of no places.
  public init() {}

  /// Writes the words of a range.
  ///
  /// - Parameter target: Room for `range.count` words.
  func draw(
    _ range: Range<Int>, seed: UInt64, path: KernelPath,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    guard !range.isEmpty else { return }
    var reader = StreamReader(at: range.lowerBound, seed: seed, path: path, memory: self)
    unsafe reader.read(range.count, into: target)
    reader.keep()
  }

  /// The generator's words at a place.
  func state(at wordCount: Int, seed: UInt64, path: KernelPath) -> [UInt32] {
    let seed = UInt32(truncatingIfNeeded: seed)
    let nearest = contents.withLock { contents in
      contents.places.filter { $0.seed == seed && $0.wordCount <= wordCount }
        .max { $0.wordCount < $1.wordCount }
    }
    var state = nearest?.state ?? Self.beginning(of: seed)
    let distance = wordCount - (nearest?.wordCount ?? 0)
    state.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, distance > 0 else { return }
      if distance > Self.stepsOfJump {
        unsafe nascent_mt_jump(path.kernel, base, UInt64(distance))
      } else {
        unsafe nascent_mt_step(path.kernel, base, UInt64(distance))
      }
    }
    return state
  }

  /// Remembers a place.
  func keep(_ state: [UInt32], at wordCount: Int, seed: UInt64) {
    let place = Place(
      seed: UInt32(truncatingIfNeeded: seed), wordCount: wordCount, state: state)
    contents.withLock { contents in
      guard
        !contents.places.contains(where: {
          $0.seed == place.seed && $0.wordCount == place.wordCount
        })
      else { return }
      if contents.places.count < Self.capacity {
        contents.places.append(place)
      } else {
        contents.places[contents.oldest] = place
        contents.oldest = (contents.oldest + 1) % Self.capacity
      }
    }
  }

  /// The state after a draw whose length is not known beforehand; made once.
  func state(
    after draw: TruncatedNormalDraw, from state: MersenneTwisterState,
    make: () -> MersenneTwisterState
  ) -> MersenneTwisterState {
    let step = Step(state: state, draw: draw)
    if let known = contents.withLock({ $0.steps[step] }) { return known }
    let made = make()
    contents.withLock { $0.steps[step] = made }
    return made
  }

  private static func beginning(of seed: UInt32) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: Int(nascent_mt_size)) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe nascent_mt_seed(seed, base)
      count = buffer.count
    }
  }
}

/// Reads a stream from a place on.
struct StreamReader {
  private var state: [UInt32]
  private var wordCount: Int
  private let seed: UInt64
  private let path: KernelPath
  private let memory: StreamMemory

  init(at wordCount: Int, seed: UInt64, path: KernelPath, memory: StreamMemory) {
    state = memory.state(at: wordCount, seed: seed, path: path)
    self.wordCount = wordCount
    self.seed = seed
    self.path = path
    self.memory = memory
  }

  /// Writes the next words.
  ///
  /// - Parameter target: Room for `count` words.
  mutating func read(_ count: Int, into target: UnsafeMutablePointer<UInt32>) {
    state.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe nascent_mt_words(path.kernel, base, UInt64(count), target)
    }
    wordCount &+= count
  }

  /// Remembers the place behind the last word that was read.
  func keep() { memory.keep(state, at: wordCount, seed: seed) }
}
