internal import RandomSampling
internal import Tensors

extension SequentialDraw {
  /// Keras's truncated normal takes four normals an element. A number that does not fit stays one
  /// that no stream can hold, and is refused as such.
  static func kerasTruncatedNormal(_ shape: Shape, _ format: FloatingFormat) -> SequentialDraw {
    let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: 4)
    return .normal(count: overflow ? .max : count, format)
  }
}
