/// What one of several ranks has of a tensor: some places of one axis, as training jobs shard weights.
///
/// The rule is that of `torch.chunk`, which FSDP and tensor parallelism follow: of *n* places and *w* ranks
/// each has ⌈*n* / *w*⌉ in a row, in the order of ranks, the last ones fewer or none. Where *w* divides *n*,
/// all have the same, as other frameworks demand it.
///
///     let rows = RankSlice(rank: 3, of: 8)            // rows of a matrix
///     let columns = RankSlice(rank: 3, of: 8, axis: -1)
///
/// - Source: PyTorch, `torch.chunk`; `torch.distributed.tensor.Shard`.
public struct RankSlice: Sendable, Hashable {
  /// Which rank, from 0.
  public let rank: Int
  /// The number of ranks.
  public let worldSize: Int
  /// The axis that is cut; from the end where negative.
  public let axis: Int

  /// A slice; `nil` unless 0 ≤ rank < worldSize.
  public init?(rank: Int, of worldSize: Int, axis: Int = 0) {
    guard rank >= 0, rank < worldSize else { return nil }
    self.rank = rank
    self.worldSize = worldSize
    self.axis = axis
  }

  /// The places that the rank has of an axis of so many.
  public func places(of size: Int) -> Range<Int> {
    let length = size / worldSize + (size % worldSize == 0 ? 0 : 1)
    // rank · length may not fit in a number; beyond the end it does not matter.
    let (start, isBeyond) = rank.multipliedReportingOverflow(by: length)
    guard !isBeyond, start < size else { return size..<size }
    return start..<min(start + length, size)
  }

  /// The slice of a shape, as runs of elements.
  ///
  /// - Throws: `TensorError.Code.axisOutOfBounds`.
  public func runs(in shape: Shape) throws -> SliceRuns {
    let cut = axis < 0 ? axis + shape.rank : axis
    guard cut >= 0, cut < shape.rank else { throw TensorError.axisOutOfBounds(axis, shape) }
    let places = places(of: shape.dimensions[cut])
    var dimensions = shape.dimensions
    dimensions[cut] = places.count
    let sliced = try Shape(dimensions)
    guard sliced.elementCount > 0 else {
      return SliceRuns(shape: sliced, count: 0, length: 0, start: 0, step: 0)
    }
    let inner = shape.dimensions[(cut + 1)...].reduce(1, *)
    return SliceRuns(
      shape: sliced, count: shape.dimensions[..<cut].reduce(1, *), length: places.count * inner,
      start: places.lowerBound * inner, step: shape.dimensions[cut] * inner)
  }
}

/// A slice along an axis as runs of elements, row-major: each as long, and as far from the one before.
public struct SliceRuns: Sendable, Hashable {
  /// The shape of the slice.
  public let shape: Shape
  /// The number of runs.
  public let count: Int
  /// The elements of a run.
  public let length: Int
  /// The first element of the first run.
  public let start: Int
  /// From one run to the next.
  public let step: Int

  /// The elements of a run.
  public func run(_ index: Int) -> Range<Int> {
    start + index * step..<start + index * step + length
  }

  /// The runs as one, where they lie one behind the other.
  public var single: Range<Int>? {
    if count == 0 { return 0..<0 }
    return count == 1 || length == step ? start..<start + count * length : nil
  }

  /// The runs with their places in the slice, in elements; as one, where they lie one behind the other.
  public var joined: [(elements: Range<Int>, place: Int)] {
    if let single { return single.isEmpty ? [] : [(single, 0)] }
    return (0..<count).map { (run($0), $0 * length) }
  }
}
