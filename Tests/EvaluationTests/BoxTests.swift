import TestSupport
import Testing

@testable import Filling

struct BoxTests {
  @Test func `boxes of a range are its elements, in order`() {
    var generator = SeededGenerator(state: 1)
    for _ in 0..<300 {
      let shape = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        Int.random(in: 1...5, using: &generator)
      }
      let count = shape.reduce(1, *)
      let lower = Int.random(in: 0...count, using: &generator)
      let upper = Int.random(in: lower...count, using: &generator)
      let boxes = Box.boxes(of: lower..<upper, in: shape)
      #expect(boxes.count <= max(2 * shape.count - 1, 1))
      let strides = Box.strides(of: shape)
      var found: [Int] = []
      for box in boxes {
        var offsets = [0]
        for (places, stride) in zip(box.axes, strides) {
          offsets = offsets.flatMap { offset in
            (0..<places.count).map { offset + (places.start + $0 * places.step) * stride }
          }
        }
        found += offsets
      }
      #expect(found == Array(lower..<upper), "\(shape) \(lower)..<\(upper)")
    }
  }
}
