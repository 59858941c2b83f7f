/// Elements of a tensor: some places of each of its axes, in row-major order.
struct Box: Sendable, Hashable {
  let axes: [Places]

  init(_ axes: [Places]) { self.axes = axes }

  /// The number of elements.
  var elementCount: Int { axes.reduce(1) { $0 * $1.count } }

  /// The steps from one element to the next along each axis, where the box is kept without gaps.
  var strides: [Int] { Box.strides(of: axes.map(\.count)) }

  /// Row-major strides of a shape.
  static func strides(of dimensions: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: dimensions.count)
    for axis in strides.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The boxes that together are elements `range` of a shape, in order; fewer than twice its axes.
  static func boxes(of range: Range<Int>, in dimensions: [Int]) -> [Box] {
    guard !range.isEmpty else { return [] }
    var boxes: [Box] = []
    append(range, dimensions, 0, Box.strides(of: dimensions), [], to: &boxes)
    return boxes
  }

  private static func append(
    _ range: Range<Int>, _ dimensions: [Int], _ axis: Int, _ strides: [Int], _ outer: [Places],
    to boxes: inout [Box]
  ) {
    guard axis < dimensions.count else { return boxes.append(Box(outer)) }
    let stride = strides[axis]
    func inside(_ index: Int, _ part: Range<Int>) {
      append(
        part, dimensions, axis + 1, strides, outer + [Places(start: index, count: 1)], to: &boxes)
    }
    var first = range.lowerBound / stride
    let offset = range.lowerBound % stride
    let end = range.upperBound / stride
    let rest = range.upperBound % stride
    if first == end { return inside(first, offset..<rest) }
    if offset > 0 {
      inside(first, offset..<stride)
      first += 1
    }
    if first < end {
      let whole = dimensions[(axis + 1)...].map { Places(start: 0, count: $0) }
      boxes.append(Box(outer + [Places(start: first, count: end - first)] + whole))
    }
    if rest > 0 { inside(end, 0..<rest) }
  }
}
