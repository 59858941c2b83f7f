/// A tensor whose elements are those of another one: transposed, sliced or repeated.
struct AxisView: Sendable, Hashable {
  /// Where an axis comes from: place *i* of it is place `start + i · step` of `axis`.
  struct Source: Sendable, Hashable {
    var axis: Int
    var start = 0
    var step = 1
  }

  /// For each axis of the view an axis of the other; `nil` for one that repeats.
  let sources: [Source?]
  /// The number of axes of the other. Those that are no source have size 1.
  let rank: Int

  /// The elements of the other that a box of the view shows, each once.
  func box(behind box: Box) -> Box {
    var axes = [Places](repeating: Places(start: 0, count: 1), count: rank)
    for (places, source) in zip(box.axes, sources) {
      guard let source else { continue }
      axes[source.axis] = Places(
        start: source.start + places.start * source.step, count: places.count,
        step: places.step * source.step)
    }
    return Box(axes)
  }

  /// True where the elements of a box are, one after another, those behind it.
  func keepsOrder(of box: Box) -> Bool {
    var last = -1
    for (places, source) in zip(box.axes, sources) where places.count > 1 {
      guard let source, source.axis > last else { return false }
      last = source.axis
    }
    return true
  }
}
