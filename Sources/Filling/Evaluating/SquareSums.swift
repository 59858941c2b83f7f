internal import TensorMemory

/// Sums of squares over some axes of a tensor whose elements come in row-major order.
///
/// A class, because the sums are one large array that grows value by value.
final class SquareSums {
  private var sums: [Double]
  private let dimensions: [Int]
  /// From one place of an axis to the next in the sums; 0 for an axis that is summed over.
  private let steps: [Int]
  private var place: [Int]
  private var offset = 0

  /// - Throws: `TensorMemoryError.Code.outOfMemory`.
  init(dimensions: [Int], over axes: [Int]) throws {
    let kept = dimensions.indices.map { axes.contains($0) ? 1 : dimensions[$0] }
    let count = kept.contains(0) ? 0 : kept.reduce(1, *)
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: 8)
    // An array ends the program where a storage says that there is no memory.
    _ = try TensorStorage(byteCount: overflow ? Int.max : byteCount)
    sums = [Double](repeating: 0, count: count)
    self.dimensions = dimensions
    steps = zip(Box.strides(of: kept), dimensions.indices).map { axes.contains($1) ? 0 : $0 }
    place = [Int](repeating: 0, count: dimensions.count)
  }

  /// Adds the squares of the next elements.
  func add(_ values: [Double]) {
    let last = dimensions.count - 1
    var next = 0
    while next < values.count {
      // The rest of the innermost axis.
      let count = min(dimensions[last] - place[last], values.count - next)
      let step = steps[last]
      for value in values[next..<next + count] {
        sums[offset] += value * value
        offset += step
      }
      next += count
      place[last] += count
      carry(from: last)
    }
  }

  /// The roots of the sums, as doubles; a NaN is the positive quiet one.
  func roots() throws -> TensorStorage {
    let storage = try TensorStorage(byteCount: sums.count * 8)
    storage.fill(0..<storage.byteCount) { span in
      span.store(contentsOf: sums.map { $0.isNaN ? .nan : $0.squareRoot() })
    }
    storage.seal()
    return storage
  }

  private func carry(from last: Int) {
    var axis = last
    while place[axis] == dimensions[axis] {
      offset -= steps[axis] * dimensions[axis]
      place[axis] = 0
      guard axis > 0 else { return }
      axis -= 1
      place[axis] += 1
      offset += steps[axis]
    }
  }
}
