internal import CTensorKernels

/// Products of matrices of doubles, row-major, with a fixed order of operations.
public enum MatrixProduct {
  /// Writes some rows of a · b: each element is the sum of the products in the order of the inner
  /// index, from 0 on, with a rounding after each operation.
  ///
  /// - Parameter a: These rows alone, `inner` doubles each.
  /// - Parameter b: `inner` rows of `columns` doubles.
  /// - Parameter inner: The columns of a, which are the rows of b.
  /// - Parameter columns: The columns of b and of the product.
  /// - Parameter target: Room for the rows of the product, `columns` doubles each.
  /// - Throws: `TensorMemoryError.Code.outOfMemory`.
  /// - Complexity: O(rows · inner · columns) time, 8 · inner doubles of memory.
  public static func multiply(
    _ a: RawSpan, _ b: RawSpan, inner: Int, columns: Int, to target: inout MutableRawSpan
  ) throws {
    let width = MemoryLayout<Double>.size
    let rows = columns == 0 ? 0 : target.byteCount / width / columns
    precondition(
      target.byteCount == rows * columns * width && a.byteCount == rows * inner * width
        && b.byteCount == inner * columns * width, "matrices of these sizes")
    guard rows > 0 else { return }
    let workspace = try TensorStorage(
      byteCount: Int(nascent_product_workspace(UInt64(inner))) * width)
    workspace.fill(0..<workspace.byteCount) { workspace in
      target.withUnsafeMutableBytes { target in
        a.withUnsafeBytes { a in
          b.withUnsafeBytes { b in
            workspace.withUnsafeMutableBytes { workspace in
              // Spans hold doubles of the sizes that the precondition checks; a matrix without inner
              // elements has no address, and then none is read.
              guard let out = target.bindMemory(to: Double.self).baseAddress,
                let space = workspace.bindMemory(to: Double.self).baseAddress
              else { return }
              let left = unsafe a.bindMemory(to: Double.self).baseAddress ?? UnsafePointer(space)
              let right = unsafe b.bindMemory(to: Double.self).baseAddress ?? UnsafePointer(space)
              unsafe nascent_product(
                UInt64(rows), UInt64(inner), UInt64(columns), left, right, out, space)
            }
          }
        }
      }
    }
  }
}
