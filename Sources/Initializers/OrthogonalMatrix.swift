internal import RandomSampling
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// A matrix with orthonormal rows or columns, whichever are fewer, made of a matrix of normals: q of
/// its QR decomposition times the signs of r's diagonal, transposed where there are fewer rows.
///
/// - Source: Mezzadri (2007), "How to generate random matrices from the classical compact groups".
struct OrthogonalMatrix {
  /// What the decomposition is worked out in.
  enum Precision {
    /// float64 where the normals are that, else float32.
    case ofType
    /// float64.
    case double
  }

  private enum Factor {
    case single([Float])
    case double([Double])
  }

  private let factor: Factor
  private let rows: Int
  private let columns: Int

  /// Draws normals by `draw` and decomposes them.
  ///
  /// - Parameter isRowMajor: True where the normals are drawn as rows × columns, which are transposed
  ///   where there are fewer rows; else as the longer side times the shorter one. At least 1 × 1.
  /// - Parameter draw: Writes rows · columns normals of the dtype.
  /// - Throws: What `draw` throws; `TensorMemoryError` where there is no memory.
  init(
    rows: Int, columns: Int, as type: ScalarType, in precision: Precision,
    isRowMajor: Bool = false, draw: (inout MutableRawSpan) throws -> Void
  ) throws {
    let (tall, narrow) = (max(rows, columns), min(rows, columns))
    self.rows = rows
    self.columns = columns
    let normals = try TensorStorage(byteCount: tall * narrow * type.byteCount)
    try normals.fill(0..<normals.byteCount, draw)
    normals.seal()
    func factor<Scalar>(
      of matrix: [Scalar], _ decompose: ([Scalar], Int, Int, KernelPath) -> [Scalar]
    ) -> [Scalar] {
      guard isRowMajor, rows < columns else { return decompose(matrix, tall, narrow, .best) }
      let transposed = matrix.indices.map { matrix[$0 % narrow * columns + $0 / narrow] }
      return decompose(transposed, tall, narrow, .best)
    }
    self.factor = normals.withBytes { bytes in
      func value(_ place: Int) -> Double { ScalarCoding.double(in: bytes, at: place, as: type) }
      return switch (type, precision) {
      case (.float64, _):
        .double(factor(of: bytes.array(of: Double.self), HouseholderQR.orthonormalFactor))
      case (_, .double):
        .double(factor(of: (0..<tall * narrow).map(value), HouseholderQR.orthonormalFactor))
      case (.float32, .ofType):
        .single(factor(of: bytes.array(of: Float.self), HouseholderQR.orthonormalFactor))
      case (_, .ofType):
        .single(
          factor(
            of: (0..<tall * narrow).map { Float(value($0)) }, HouseholderQR.orthonormalFactor))
      }
    }
  }

  /// Writes all elements times `gain`, from element `first` of the span on.
  ///
  /// - Parameter inner: Rows are written as [rows / inner, columns, inner]; with 1 the matrix is
  ///   row-major.
  func store(
    in span: inout MutableRawSpan, from first: Int = 0, gain: Double, as type: ScalarType,
    inner: Int = 1
  ) {
    switch factor {
    case .single(let q): store(q, in: &span, first, gain: gain, as: type, inner)
    case .double(let q): store(q, in: &span, first, gain: gain, as: type, inner)
    }
  }

  private func store<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    _ q: [Scalar], in span: inout MutableRawSpan, _ first: Int, gain: Double, as type: ScalarType,
    _ inner: Int
  ) {
    // q is kept by columns; the transposed case reads it by rows, in order. In tiles, so that neither
    // side leaves the cache.
    let (rowStep, columnStep) = rows < columns ? (columns, 1) : (1, rows)
    let tile = 32
    var values = [Scalar](repeating: 0, count: rows * columns)
    for top in stride(from: 0, to: rows, by: tile) {
      for left in stride(from: 0, to: columns, by: tile) {
        for row in top..<min(top + tile, rows) {
          let place = row / inner * columns * inner + row % inner
          for column in left..<min(left + tile, columns) {
            values[place + column * inner] = Scalar(
              gain * Double(q[row * rowStep + column * columnStep]))
          }
        }
      }
    }
    if first == 0, type.byteCount == MemoryLayout<Scalar>.size {
      span.store(contentsOf: values)
    } else {
      for (place, value) in values.enumerated() {
        _ = ScalarCoding.store(Double(value), in: &span, at: first + place, as: type)
      }
    }
  }
}
