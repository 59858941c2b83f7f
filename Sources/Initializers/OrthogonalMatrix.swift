internal import RandomSampling
internal import TensorMemory
internal import Tensors

/// A matrix with orthonormal rows or columns, whichever are fewer, made of a matrix of normals: q of
/// its QR decomposition times the signs of r's diagonal, transposed where there are fewer rows.
///
/// - Source: Mezzadri (2007), "How to generate random matrices from the classical compact groups".
struct OrthogonalMatrix {
  private enum Factor {
    case single([Float])
    case double([Double])
  }

  private let factor: Factor
  private let rows: Int
  private let columns: Int

  /// Decomposes normals in float64 where their dtype is that, else in float32.
  ///
  /// - Parameter normals: Sealed; the longer side times the shorter one, row-major, at least 1 × 1.
  init(of normals: TensorStorage, as type: ScalarType, rows: Int, columns: Int) {
    let (tall, narrow) = (max(rows, columns), min(rows, columns))
    self.rows = rows
    self.columns = columns
    factor = normals.withBytes { bytes in
      switch type {
      case .float64:
        .double(
          HouseholderQR.orthonormalFactor(
            of: bytes.array(of: Double.self), rows: tall, columns: narrow))
      case .float32:
        .single(
          HouseholderQR.orthonormalFactor(
            of: bytes.array(of: Float.self), rows: tall, columns: narrow))
      default:
        .single(
          HouseholderQR.orthonormalFactor(
            of: (0..<tall * narrow).map { Float(ScalarCoding.double(in: bytes, at: $0, as: type)) },
            rows: tall, columns: narrow))
      }
    }
  }

  /// Writes all elements times `gain`, row-major.
  func store(in span: inout MutableRawSpan, gain: Double, as type: ScalarType) {
    switch factor {
    case .single(let q): store(q, in: &span, gain: gain, as: type)
    case .double(let q): store(q, in: &span, gain: gain, as: type)
    }
  }

  private func store<Scalar: BinaryFloatingPoint & BitwiseCopyable>(
    _ q: [Scalar], in span: inout MutableRawSpan, gain: Double, as type: ScalarType
  ) {
    // q is kept by columns; the transposed case reads it by rows, in order. In tiles, so that neither
    // side leaves the cache.
    let (rowStep, columnStep) = rows < columns ? (columns, 1) : (1, rows)
    let tile = 32
    var values = [Scalar](repeating: 0, count: rows * columns)
    for top in stride(from: 0, to: rows, by: tile) {
      for left in stride(from: 0, to: columns, by: tile) {
        for row in top..<min(top + tile, rows) {
          for column in left..<min(left + tile, columns) {
            values[row * columns + column] = Scalar(
              gain * Double(q[row * rowStep + column * columnStep]))
          }
        }
      }
    }
    if type.byteCount == MemoryLayout<Scalar>.size {
      span.store(contentsOf: values)
    } else {
      for (place, value) in values.enumerated() {
        _ = ScalarCoding.store(Double(value), in: &span, at: place, as: type)
      }
    }
  }
}
