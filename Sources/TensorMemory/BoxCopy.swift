internal import CTensorKernels

/// A copy of a box of elements from one layout to another: transposed, spread out, or put together.
///
/// Offsets and strides count elements; a stride of 0 in the source repeats it.
public struct BoxCopy: Sendable, Hashable {
  private var counts: [UInt64] = []
  private var sourceStrides: [Int64] = []
  private var targetStrides: [Int64] = []
  private let isEmpty: Bool

  /// A box by its axes, outermost first.
  ///
  /// - Parameter axes: For each the number of elements, and the steps from one to the next, 0 or more.
  public init(_ axes: [(count: Int, sourceStride: Int, targetStride: Int)]) {
    isEmpty = axes.contains { $0.count == 0 }
    for axis in axes where axis.count != 1 {
      precondition(
        axis.count >= 0 && axis.sourceStride >= 0 && axis.targetStride >= 0,
        "counts and strides are not negative")
      if let last = counts.indices.last,
        sourceStrides[last] == Int64(axis.sourceStride * axis.count),
        targetStrides[last] == Int64(axis.targetStride * axis.count)
      {
        // One axis that goes on where the other ends.
        counts[last] *= UInt64(axis.count)
        sourceStrides[last] = Int64(axis.sourceStride)
        targetStrides[last] = Int64(axis.targetStride)
      } else {
        counts.append(UInt64(axis.count))
        sourceStrides.append(Int64(axis.sourceStride))
        targetStrides.append(Int64(axis.targetStride))
      }
    }
    if counts.isEmpty {
      counts = [1]
      sourceStrides = [1]
      targetStrides = [1]
    }
    precondition(counts.count <= 256, "a shape has at most 254 axes")
  }

  /// Copies elements of `width` bytes.
  ///
  /// - Parameter source: Where the box is read.
  /// - Parameter sourceOffset: The first element in `source`.
  /// - Parameter target: Where it is written; it must not overlap the source.
  /// - Parameter targetOffset: The first element in `target`.
  /// - Parameter width: The number of bytes of an element: 1, 2, 4 or 8.
  public func copy(
    from source: RawSpan, sourceOffset: Int = 0, to target: inout MutableRawSpan,
    targetOffset: Int = 0, width: Int
  ) {
    guard !isEmpty else { return }
    precondition(
      end(sourceOffset, sourceStrides) <= source.byteCount / width
        && end(targetOffset, targetStrides) <= target.byteCount / width
        && sourceOffset >= 0 && targetOffset >= 0,
      "the box lies inside both")
    target.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        // The first and the last element lie inside by the precondition, and strides are not
        // negative, so all lie inside.
        unsafe nascent_copy_box(
          UInt64(counts.count), counts, sourceStrides, targetStrides, UInt64(width),
          from + sourceOffset * width, to + targetOffset * width)
      }
    }
  }

  /// One past the last element.
  private func end(_ offset: Int, _ strides: [Int64]) -> Int {
    zip(counts, strides).reduce(offset + 1) { $0 + Int($1.0 - 1) * Int($1.1) }
  }
}
