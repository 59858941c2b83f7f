internal import CTensorKernels

extension MersenneTwisterState {
  /// Fills `span` with elements `range` of what Keras's `random.uniform` gives on PyTorch.
  ///
  /// u · (high − low) + low with two roundings, where `Tensor.uniform_` has one.
  public func fillKerasUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, from low: Double, to high: Double,
    as format: FloatingFormat
  ) {
    fillUniform(&span, elements: range, from: 0, to: 1, as: format)
    span.scale(by: high - low, plus: low, as: format)
  }

  /// Fills `span` with elements `range` of what Keras's `random.truncated_normal` gives on PyTorch, of
  /// a tensor of `count` elements.
  ///
  /// Four standard normals an element; the first between the bounds is taken, or the first of all
  /// where none is (once in 200,000 for ±2). Then z · standardDeviation + mean with two roundings.
  ///
  /// - Source: `keras/src/backend/torch/random.py`.
  public func fillTruncatedNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, mean: Double,
    standardDeviation: Double, lower: Double = -2, upper: Double = 2, as format: FloatingFormat
  ) {
    precondition(
      span.byteCount == range.count * format.byteCount, "the span holds exactly the elements")
    let tile = 1024
    let width = format.byteCount
    span.withUnsafeMutableBytes { target in
      guard let target = target.baseAddress else { return }
      withUnsafeTemporaryAllocation(byteCount: 4 * tile * width, alignment: 16) { scratch in
        for start in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
          let part = start..<min(start + tile, range.upperBound)
          let drawn = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[0..<4 * part.count * width])
          var normals = unsafe MutableRawSpan(_unsafeBytes: drawn)
          fillNormal(
            &normals, elements: 4 * part.lowerBound..<4 * part.upperBound, of: 4 * count, mean: 0,
            standardDeviation: 1, as: format)
          guard let base = drawn.baseAddress else { continue }
          // Inside the span by the precondition above.
          unsafe nascent_mt_first_inside(
            format.element, UInt64(part.count), base, lower, upper,
            target + (start - range.lowerBound) * width)
        }
      }
    }
    span.scale(by: standardDeviation, plus: mean, as: format)
  }
}

extension MutableRawSpan {
  /// value · factor + addend in place, each operation rounded to the format.
  fileprivate mutating func scale(
    by factor: Double, plus addend: Double, as format: FloatingFormat
  ) {
    withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe nascent_mt_scale(
        format.element, UInt64(buffer.count / format.byteCount), factor, addend, base)
    }
  }
}

extension RandomSource {
  /// Fills `span` as Keras's `random.uniform` does on the backend of this generator.
  ///
  /// - Parameter span: Exactly `range.count` elements of `format`.
  /// - Parameter range: The places of the elements to write in the whole variable, row-major.
  /// - Parameter count: The number of elements of the whole variable.
  /// - Parameter low: The lower bound, inclusive.
  /// - Parameter high: The upper bound.
  /// - Parameter format: The format of the elements; parameters are rounded to it as the framework
  ///   does.
  /// - Throws: `RandomSamplingError.Code.unavailableDraw`.
  public func fillKerasUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, from low: Double,
    to high: Double, as format: FloatingFormat
  ) throws {
    guard case .mersenneTwister(let state) = self else {
      return try fillUniform(
        &span, elements: range, of: count, from: low, to: high, as: format)
    }
    state.fillKerasUniform(&span, elements: range, from: low, to: high, as: format)
  }
}
