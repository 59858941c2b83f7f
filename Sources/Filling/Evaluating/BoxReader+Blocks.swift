internal import TensorMemory

extension BoxReader {
  /// Writes a box of a shape to `span`, from elements that can be read by ranges in row-major order.
  ///
  /// Ranges that are near to each other are read as one with what is between: a call for every few
  /// elements would cost more than the elements.
  func readBlocks(
    of box: Box, in dimensions: [Int], _ width: Int, into span: inout MutableRawSpan,
    _ read: (Range<Int>, inout MutableRawSpan) throws -> Void
  ) throws {
    let block = Block(box, Box.strides(of: dimensions))
    var place = [Int](repeating: 0, count: block.outerAxisCount)
    var offset = 0
    while true {
      var start = block.start
      for axis in place.indices { start += place[axis] * block.steps[axis] }
      let range = start..<start + block.length
      if block.length == block.elementCount {
        let lower = offset * width
        try span.withPart(lower..<lower + block.length * width) { try read(range, &$0) }
      } else {
        try withScratch(block.length * width) { scratch in
          try read(range, &scratch)
          block.copy.copy(from: scratch.bytes, to: &span, targetOffset: offset, width: width)
        }
      }
      offset += block.elementCount
      var axis = place.count
      while axis > 0 {
        axis -= 1
        place[axis] += 1
        if place[axis] < box.axes[axis].count { break }
        place[axis] = 0
        if axis == 0 { return }
      }
      if place.isEmpty { return }
    }
  }

  /// The inner axes of a box, as one range of elements with some to leave out.
  private struct Block {
    /// The number of axes that are not part of the block.
    let outerAxisCount: Int
    /// From one place of each axis to the next, in elements.
    let steps: [Int]
    /// The first element of the box.
    let start: Int
    /// The range's length.
    let length: Int
    /// The elements in it that the box has.
    let elementCount: Int
    /// Takes those out of the range.
    let copy: BoxCopy

    /// As many elements are read along rather than that another call is made.
    private static let gapElementCount = 256
    /// The longest range with elements to leave out.
    private static let maximumLength = 1 << 16

    init(_ box: Box, _ strides: [Int]) {
      steps = zip(box.axes, strides).map { $0.step * $1 }
      start = zip(box.axes, strides).reduce(0) { $0 + $1.0.start * $1.1 }
      var outer = box.axes.count
      var length = 1
      var elementCount = 1
      var gapCount = 0
      for axis in box.axes.indices.reversed() {
        let count = box.axes[axis].count
        let longer = length + (count - 1) * steps[axis]
        let more = elementCount * count
        // Another gap between each two of the ranges so far.
        let gaps =
          gapCount * count + (count > 1 && longer > more - gapCount * count ? count - 1 : 0)
        guard
          longer == more
            || (longer <= Self.maximumLength && longer - more <= gaps * Self.gapElementCount)
        else { break }
        (outer, length, elementCount, gapCount) = (axis, longer, more, gaps)
      }
      outerAxisCount = outer
      self.length = length
      self.elementCount = elementCount
      let inner = Box(Array(box.axes[outer...]))
      copy = BoxCopy(
        zip(inner.axes.indices, inner.strides).map {
          (inner.axes[$0].count, zip(box.axes, strides).map { $0.step * $1 }[outer + $0], $1)
        })
    }
  }
}
