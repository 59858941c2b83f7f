public import RandomSampling

/// A place in the one stream that a PyTorch graph draws from, before anything is drawn.
///
/// Most draws take a number of words that their shape tells, so a place is a number of words. Behind a
/// `trunc_normal_` that rejected values it is not: then the place is an offset from that draw, known
/// for both cases of the generator keeping a normal, and found by drawing when a value is asked for.
public struct StreamPlace: Sendable, Hashable {
  /// A draw whose length depends on what it draws, and where it begins.
  struct Opening: Sendable, Hashable {
    let start: Offsets
    let draw: TruncatedNormalDraw
  }

  /// The offset from the last opening, where the generator kept no normal there and where it did.
  struct Offsets: Sendable, Hashable {
    var ifEmpty: StreamOffset
    var ifKept: StreamOffset

    static let start = Offsets(
      ifEmpty: StreamOffset(), ifKept: StreamOffset(cache: .inherited))
  }

  let openings: [Opening]
  let offsets: Offsets

  init(openings: [Opening] = [], offsets: Offsets = .start) {
    self.openings = openings
    self.offsets = offsets
  }

  /// The beginning: right after `torch.manual_seed`.
  public static let beginning = StreamPlace()

  /// The number of words drawn before; `nil` behind a draw whose length is not known beforehand.
  public var wordCount: Int? { openings.isEmpty ? offsets.ifEmpty.wordCount : nil }

  /// The place behind some draws; `nil` where the number of words does not fit in `Int`.
  func advanced(by draws: [SequentialDraw]) -> StreamPlace? {
    var place = self
    for draw in draws {
      guard
        let ifEmpty = place.offsets.ifEmpty.advanced(by: draw),
        let ifKept = place.offsets.ifKept.advanced(by: draw, isCacheKept: true)
      else { return nil }
      if case .truncatedNormal(let rejecting) = draw, draw.isDataDependent {
        place = StreamPlace(
          openings: place.openings + [Opening(start: place.offsets, draw: rejecting)])
      } else {
        place = StreamPlace(
          openings: place.openings, offsets: Offsets(ifEmpty: ifEmpty, ifKept: ifKept))
      }
    }
    return place
  }

  /// The generator's state at this place.
  ///
  /// - Complexity: O(1), but that each draw of unknown length before it is drawn once.
  public func state(seed: Int64, memory: StreamMemory) -> MersenneTwisterState {
    var state = MersenneTwisterState(seed: UInt64(bitPattern: seed), memory: memory)
    for opening in openings {
      state = Self.advanced(state, by: opening.start)
        .advanced(by: .truncatedNormal(opening.draw))
    }
    return Self.advanced(state, by: offsets)
  }

  private static func advanced(
    _ state: MersenneTwisterState, by offsets: Offsets
  ) -> MersenneTwisterState {
    state.advanced(by: state.cachedPair == nil ? offsets.ifEmpty : offsets.ifKept)
  }
}
