internal import RandomSampling
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Draws uniform samples in the dtype and maps each, in double and with one rounding at the end.
enum TransformedUniform {
  static func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget,
    className: String, from low: Double, to high: Double, _ map: (Double) -> Double
  ) throws {
    let format = try target.scalarType.floatingFormat(for: className)
    try target.random.fillUniform(
      &span, elements: range, of: target.shape.elementCount, from: low, to: high, as: format)
    for place in 0..<range.count {
      let sample = ScalarCoding.double(in: span.bytes, at: place, as: target.scalarType)
      _ = ScalarCoding.store(map(sample), in: &span, at: place, as: target.scalarType)
    }
  }
}
