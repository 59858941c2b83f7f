/// Some places of one axis: `start`, `start + step`, and so on.
struct Places: Sendable, Hashable {
  /// The first place.
  var start: Int
  /// How many there are.
  var count: Int
  /// From one to the next, 1 or more.
  var step = 1
}
