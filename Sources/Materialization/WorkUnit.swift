internal import Tensors
internal import VariableGraph

/// A piece of work that one task does at once. Parts of variables are named by their place in the list.
enum WorkUnit: Sendable, Equatable {
  /// Small variables, one after another in one buffer; each is a single chunk or empty.
  case batch(Range<Int>)
  /// One chunk of a large variable whose elements can be filled apart.
  case chunk(variable: Int, number: Int)
  /// A variable that is filled as a whole.
  case whole(variable: Int)

  /// Cuts parts of variables into units, in order: small ones are gathered up to `batchByteCount`, so
  /// that ten thousand of them are not ten thousand tasks and rows.
  static func units(for parts: [VariablePart]) -> [WorkUnit] {
    var units: [WorkUnit] = []
    var start = 0
    var bytes = 0
    func close(before index: Int) {
      if start < index { units.append(.batch(start..<index)) }
      start = index
      bytes = 0
    }
    for (index, part) in parts.enumerated() {
      let variable = part.variable
      if variable.byteCount > Chunking.chunkByteCount {
        close(before: index)
        if variable.isElementwise {
          for number in part.chunks { units.append(.chunk(variable: index, number: number)) }
        } else {
          units.append(.whole(variable: index))
        }
        start = index + 1
      } else {
        if bytes + aligned(variable.byteCount) > batchByteCount
          || index - start >= maximumBatchCount
        {
          close(before: index)
        }
        bytes += aligned(variable.byteCount)
      }
    }
    close(before: parts.count)
    return units
  }

  /// Offsets in a batch are multiples of 8, which every element's size divides.
  static func aligned(_ byteCount: Int) -> Int { (byteCount + 7) / 8 * 8 }

  /// A batch is one value in the store. SQLite fills its last page of 64 KiB with nothing else, up to
  /// half a page for each value; of 4 MiB that is less than a hundredth.
  static let batchByteCount = 4 << 20

  private static let maximumBatchCount = 1024

  /// The memory that the unit's buffer needs.
  func byteCount(in parts: [VariablePart]) -> Int {
    switch self {
    case .batch(let range):
      range.reduce(0) { $0 + WorkUnit.aligned(parts[$1].variable.byteCount) }
    case .chunk(let variable, let number):
      WorkUnit.aligned(
        Chunking.range(ofChunk: number, in: parts[variable].variable.byteCount).count)
    case .whole(let variable): WorkUnit.aligned(parts[variable].variable.byteCount)
    }
  }
}
