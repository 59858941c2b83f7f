import TensorMemory
import Testing

struct BoxCopyTests {
  /// Numbers from a linear congruence: the same in every run.
  private struct Numbers {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
  }

  @Test func `random boxes are copied element by element`() {
    for seed in 0..<300 as Range<UInt64> {
      var numbers = Numbers(state: seed)
      let rank = numbers.next(below: 5)
      let counts = (0..<rank).map { _ in numbers.next(below: 5) }
      // The target is laid out in a random order of its axes, the source with random gaps.
      var targetStrides = [Int](repeating: 0, count: rank)
      var size = 1
      var left = Array(0..<rank)
      while !left.isEmpty {
        let axis = left.remove(at: numbers.next(below: left.count))
        targetStrides[axis] = size
        size *= max(counts[axis], 1)
      }
      let sourceStrides = (0..<rank).map { _ in numbers.next(below: 7) }
      let (sourceOffset, targetOffset) = (numbers.next(below: 3), numbers.next(below: 3))
      let width = [1, 2, 4, 8][numbers.next(below: 4)]
      let source = (0..<130 * width).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 8) }
      var target = [UInt8](repeating: 0, count: (targetOffset + size) * width)
      var expected = target

      var indices = [[Int]()]
      for count in counts { indices = indices.flatMap { head in (0..<count).map { head + [$0] } } }
      for index in indices {
        let from = zip(index, sourceStrides).reduce(sourceOffset) { $0 + $1.0 * $1.1 }
        let to = zip(index, targetStrides).reduce(targetOffset) { $0 + $1.0 * $1.1 }
        for byte in 0..<width { expected[to * width + byte] = source[from * width + byte] }
      }
      let copy = BoxCopy(
        counts.indices.map { (counts[$0], sourceStrides[$0], targetStrides[$0]) })
      target.withMutableRawSpan { target in
        source.withRawSpan {
          copy.copy(
            from: $0, sourceOffset: sourceOffset, to: &target, targetOffset: targetOffset,
            width: width)
        }
      }
      #expect(target == expected, "seed \(seed)")
    }
  }
}
