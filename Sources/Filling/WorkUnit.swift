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

  /// Offsets in a batch are multiples of 8, which every element's size divides.
  ///
  /// What does not fit in 64 bits is more than the system has.
  static func aligned(_ byteCount: Int) -> Int {
    byteCount > Int.max - 7 ? Int.max : (byteCount + 7) / 8 * 8
  }

  /// A batch is one value in the store. SQLite fills its last page of 64 KiB with nothing else, up to
  /// half a page for each value; of 4 MiB that is less than a hundredth.
  static let batchByteCount = 4 << 20

  fileprivate static let maximumBatchCount = 1024

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

/// The units of parts of variables, in order, each cut when it is its turn: a list of those of a value of
/// terabytes would itself be too long for the memory.
///
/// Small variables are gathered up to `WorkUnit.batchByteCount`, so that ten thousand of them are not ten
/// thousand tasks and rows.
struct WorkUnits: Sendable {
  private let parts: [VariablePart]
  /// The first part of which nothing is cut.
  private var index = 0
  /// The chunks of the part before that are not cut yet.
  private var chunks = 0..<0
  /// What is to be done next; `nil` behind the last unit.
  private(set) var next: WorkUnit?

  /// The units of these parts, from the first one on.
  init(of parts: [VariablePart]) {
    self.parts = parts
    advance()
  }

  /// Goes on to the next unit.
  mutating func advance() {
    if let number = chunks.popFirst() {
      next = .chunk(variable: index - 1, number: number)
      return
    }
    let start = index
    var bytes = 0
    while index < parts.count {
      let variable = parts[index].variable
      let isLarge = variable.byteCount > Chunking.chunkByteCount
      if isLarge, index == start {
        index += 1
        guard variable.isElementwise else {
          next = .whole(variable: start)
          return
        }
        chunks = parts[start].chunks
        return advance()
      }
      let byteCount = isLarge ? 0 : WorkUnit.aligned(variable.byteCount)
      if isLarge || bytes + byteCount > WorkUnit.batchByteCount
        || index - start >= WorkUnit.maximumBatchCount
      {
        break
      }
      bytes += byteCount
      index += 1
    }
    next = start < index ? .batch(start..<index) : nil
  }
}
