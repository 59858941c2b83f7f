internal import Tensors

/// What is in each share of a graph, known to every worker from the declarations alone.
///
///     let table = ShareTable(of: graph, count: 16)
///     for part in table.parts(of: 3) { print(part.variable.name, part.chunks) }
///
/// The variables lie on a line in the order of their declaration, each as long as its bytes. The line is
/// cut into `count` equal lengths, and each cut moves to the nearest place where a value can be cut:
/// between two variables, or between two chunks of a variable whose elements can be filled apart. So the
/// shares together are the whole, no two have anything in common, and each is within one chunk, or one
/// variable that cannot be cut, of the equal length. A share can be empty, where there are more than
/// places to cut.
public struct ShareTable: Sendable {
  /// The number of shares.
  public let count: Int
  private let variables: [Variable]
  /// Where each variable begins on the line.
  private let starts: [Int]
  private let byteCount: Int

  /// A place to cut: before a chunk of a variable; before all of the variable where the chunk is 0.
  private struct Cut: Comparable {
    var variable: Int
    var chunk: Int

    static func < (a: Cut, b: Cut) -> Bool { (a.variable, a.chunk) < (b.variable, b.chunk) }
  }

  /// The shares of a graph.
  ///
  /// - Parameter graph: The declarations; variables that are not bound yet are in no share.
  /// - Parameter count: Their number, 1 or more.
  /// - Complexity: O(*n*) for *n* variables.
  public init(of graph: VariableGraph, count: Int) {
    precondition(count >= 1, "a graph has at least one share")
    self.count = count
    variables = graph.variables
    byteCount = graph.byteCount
    var starts: [Int] = []
    starts.reserveCapacity(variables.count)
    var start = 0
    for variable in variables {
      starts.append(start)
      start += variable.byteCount
    }
    self.starts = starts
  }

  /// The parts of variables in a share, in the order of declaration.
  ///
  /// - Parameter index: Which share, from 0.
  /// - Complexity: O(log *n* + *p*) for *p* parts.
  public func parts(of index: Int) -> [VariablePart] {
    precondition(index >= 0 && index < count, "a share of the table")
    let (begin, end) = (cut(index), cut(index + 1))
    guard begin < end else { return [] }
    let last = end.chunk == 0 ? end.variable - 1 : end.variable
    return (begin.variable...last).map { place in
      let variable = variables[place]
      let lower = place == begin.variable ? begin.chunk : 0
      let upper =
        place == end.variable ? end.chunk : Chunking.count(ofBytes: variable.byteCount)
      return VariablePart(variable, chunks: lower..<upper)
    }
  }

  /// The share that a chunk is in; of a variable without bytes, the share that it is in.
  ///
  /// - Parameter chunk: The number of the chunk in the variable, from 0.
  /// - Parameter variable: The place of the variable in the graph.
  /// - Complexity: O(log *n* · log `count`).
  public func index(ofChunk chunk: Int, of variable: Int) -> Int {
    precondition(
      variables.indices.contains(variable) && chunk >= 0
        && chunk < max(1, Chunking.count(ofBytes: variables[variable].byteCount)),
      "a chunk of the graph")
    let place = Cut(variable: variable, chunk: chunk)
    // The last share that does not begin behind the chunk: those before that begin there are empty.
    return (0..<count).partition { cut($0) > place } - 1
  }

  /// Where share `index` begins and the one before ends.
  private func cut(_ index: Int) -> Cut {
    guard index < count else { return Cut(variable: variables.count, chunk: 0) }
    guard index > 0, byteCount > 0 else { return Cut(variable: 0, chunk: 0) }
    // index · byteCount / count, which does not overflow and is below byteCount.
    let product = UInt(byteCount).multipliedFullWidth(by: UInt(index))
    let ideal = Int(UInt(count).dividingFullWidth(product).quotient)
    // The last variable that begins at or before the place; it has bytes, since the place is inside.
    let place = starts.indices.partition { starts[$0] > ideal } - 1
    let variable = variables[place]
    let offset = ideal - starts[place]
    let chunk = variable.isElementwise ? offset / Chunking.chunkByteCount : 0
    let piece =
      variable.isElementwise
      ? Chunking.range(ofChunk: chunk, in: variable.byteCount) : 0..<variable.byteCount
    if offset - piece.lowerBound < piece.upperBound - offset {
      return Cut(variable: place, chunk: chunk)
    }
    return piece.upperBound == variable.byteCount
      ? Cut(variable: place + 1, chunk: 0) : Cut(variable: place, chunk: chunk + 1)
  }
}

extension Range where Bound == Int {
  /// The first number that `isBehind` says yes to, which it also says to all that follow; the upper bound
  /// where there is none.
  fileprivate func partition(where isBehind: (Int) -> Bool) -> Int {
    var (lower, upper) = (lowerBound, upperBound)
    while lower < upper {
      let middle = lower + (upper - lower) / 2
      if isBehind(middle) { upper = middle } else { lower = middle + 1 }
    }
    return lower
  }
}
