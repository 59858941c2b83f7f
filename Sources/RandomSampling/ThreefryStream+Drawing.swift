internal import CTensorKernels

extension ThreefryStream {
  /// Fills `span` with elements `range` of U[low, high) of a draw of `count` elements, scaled.
  ///
  /// f · (high − low) + low with f of 23, 52, 10 or 7 random bits, fused in float32 and float64, with
  /// two roundings in the 16-bit formats; at least `low`. All parameters are values of the format.
  public func fillUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, from low: Double,
    to high: Double, scaling: SampleScaling = .none, as format: FloatingFormat
  ) {
    let (low, high) = (format.flushed(low), format.flushed(high))
    let width = format.flushed(format.rounded(high - low))
    let isTiny = max(abs(low), abs(high)) < 0x1p-70
    fill(
      &span, range, of: count, scaling, isTiny, format,
      single: {
        unsafe nascent_threefry_uniform_f32(
          path.kernel, draw(width: 32, count), $0, $1, Float(low), Float(width), $2)
      },
      double: {
        unsafe nascent_threefry_uniform_f64(
          path.kernel, draw(width: 64, count), $0, $1, low, width, $2)
      },
      half: { fractions in
        fractions.map { ThreefryStream.uniform($0, low: low, width: width, as: format) }
      })
  }

  /// Fills `span` with elements `range` of a standard normal of `count` elements, scaled.
  ///
  /// √2 · erf⁻¹(u), u uniform in (−1, 1).
  public func fillNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int,
    scaling: SampleScaling = .none, as format: FloatingFormat
  ) {
    let low = format.neighbour(of: -1, downwards: false)
    fillErrorInverse(
      &span, range, of: count, low, 1, -.infinity, .infinity, scaling, format)
  }

  /// Fills `span` with elements `range` of a standard normal cut off at `lower` and `upper`, of a
  /// draw of `count` elements, scaled.
  ///
  /// √2 · erf⁻¹(u), u uniform in (erf(lower / √2), erf(upper / √2)), brought inside the open
  /// interval. The bounds are values of the format.
  public func fillTruncatedNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, lower: Double,
    upper: Double, scaling: SampleScaling = .none, as format: FloatingFormat
  ) {
    fillErrorInverse(
      &span, range, of: count, ThreefryStream.errorFunctionOfBound(lower, as: format),
      ThreefryStream.errorFunctionOfBound(upper, as: format),
      format.neighbour(of: lower, downwards: false), format.neighbour(of: upper, downwards: true),
      scaling, format)
  }

  private func fillErrorInverse(
    _ span: inout MutableRawSpan, _ range: Range<Int>, of count: Int, _ low: Double,
    _ high: Double, _ minimum: Double, _ maximum: Double, _ scaling: SampleScaling,
    _ format: FloatingFormat
  ) {
    let width = format.rounded(high - low)
    fill(
      &span, range, of: count, scaling, false, format,
      single: {
        unsafe nascent_threefry_normal_f32(
          path.kernel, draw(width: 32, count), $0, $1, Float(low), Float(width),
          Float(minimum), Float(maximum), $2)
      },
      double: {
        unsafe nascent_threefry_normal_f64(
          path.kernel, draw(width: 64, count), $0, $1, low, width, minimum, maximum, $2)
      },
      half: { fractions in
        let uniforms = fractions.map {
          Float(ThreefryStream.uniform($0, low: low, width: width, as: format))
        }
        var inverses = [Float](repeating: 0, count: uniforms.count)
        // Both arrays have as many elements as are said.
        unsafe nascent_erf_inv_f32(path.kernel, UInt64(uniforms.count), uniforms, &inverses)
        let root = format.rounded(2.squareRoot())
        return inverses.map {
          min(max(format.product(format.rounded(Double($0)), root), minimum), maximum)
        }
      })
  }

  /// u of a draw in a 16-bit format: both operations are rounded.
  private static func uniform(
    _ fraction: Double, low: Double, width: Double, as format: FloatingFormat
  ) -> Double {
    max(low, format.sum(format.product(fraction, width), low))
  }

  /// erf(bound / √2). XLA multiplies by the reciprocal of √2 in the format, but in bfloat16 in
  /// float32.
  private static func errorFunctionOfBound(_ bound: Double, as format: FloatingFormat) -> Double {
    let root = format.rounded(2.squareRoot())
    if format == .float64 { return nascent_erf64(bound * (1 / root)) }
    let reciprocal =
      format == .bfloat16 ? Double(1 / Float(root)) : format.rounded(Double(1 / Float(root)))
    return format.rounded(Double(nascent_erf_f32(Float(format.product(bound, reciprocal)))))
  }

  private func fill(
    _ span: inout MutableRawSpan, _ range: Range<Int>, of count: Int, _ scaling: SampleScaling,
    _ isTiny: Bool, _ format: FloatingFormat,
    single: (UInt64, UInt64, UnsafeMutablePointer<Float>) -> Void,
    double: (UInt64, UInt64, UnsafeMutablePointer<Double>) -> Void,
    half: (_ fractions: [Double]) -> [Double]
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "the elements are of the draw")
    precondition(
      span.byteCount == range.count * format.byteCount, "the span holds exactly the elements")
    let (start, length) = (UInt64(range.lowerBound), UInt64(range.count))
    span.withUnsafeMutableBytes { buffer in
      // An empty span has no address and nothing to fill. Each pointer below is valid for
      // `range.count` elements by the precondition.
      guard let base = buffer.baseAddress, !range.isEmpty else { return }
      switch format {
      case .float32:
        let values = unsafe base.assumingMemoryBound(to: Float.self)
        unsafe single(start, length, values)
        if isTiny { unsafe nascent_flush_f32(length, values) }
        scaling.apply(to: values, length)
      case .float64:
        let values = unsafe base.assumingMemoryBound(to: Double.self)
        unsafe double(start, length, values)
        if isTiny { unsafe nascent_flush_f64(length, values) }
        scaling.apply(to: values, length)
      case .float16, .bfloat16:
        fillHalves(
          unsafe base.assumingMemoryBound(to: UInt16.self), start, length, of: count, format
        ) { half($0).map { scaling.applied(to: $0, as: format) } }
      }
    }
  }

  /// Writes `length` samples of a 16-bit format. A sample has 10 or 7 random bits, the highest of 16 or
  /// 8, and so few values that a long run is looked up.
  private func fillHalves(
    _ values: UnsafeMutablePointer<UInt16>, _ start: UInt64, _ length: UInt64, of count: Int,
    _ format: FloatingFormat, _ sample: ([Double]) -> [Double]
  ) {
    let (width, kept): (UInt32, UInt32) = format == .float16 ? (16, 10) : (8, 7)
    let draw = draw(width: width, count)
    func patterns(_ words: some Sequence<UInt32>) -> [UInt16] {
      sample(words.map { Double($0) / Double(1 << kept) }).map {
        format == .float16 ? HalfPrecision.float16($0) : HalfPrecision.bfloat16($0)
      }
    }
    guard length < 1 << kept else {
      unsafe nascent_threefry_table_u16(
        path.kernel, draw, start, length, patterns(0..<1 << kept), width - kept, values)
      return
    }
    var words = [UInt32](repeating: 0, count: Int(length))
    unsafe nascent_threefry_bits32(path.kernel, draw, start, length, &words)
    for (place, pattern) in patterns(words.map { $0 >> (width - kept) }).enumerated() {
      unsafe values[place] = pattern
    }
  }
}

extension SampleScaling {
  /// Scales `count` values in place.
  fileprivate func apply(to values: UnsafeMutablePointer<Float>, _ count: UInt64) {
    switch self {
    case .none: return
    case .product(let factor):
      unsafe nascent_multiply_f32(count, Float(FloatingFormat.float32.flushed(factor)), values)
    case .productAndSum(let factor, let offset):
      guard isTiny else {
        unsafe nascent_scale_f32(count, Float(factor), Float(offset), values)
        return
      }
      SampleScaling.product(factor).apply(to: values, count)
      unsafe nascent_scale_f32(count, 1, Float(FloatingFormat.float32.flushed(offset)), values)
    }
    if isTiny { unsafe nascent_flush_f32(count, values) }
  }

  /// Scales `count` values in place.
  fileprivate func apply(to values: UnsafeMutablePointer<Double>, _ count: UInt64) {
    switch self {
    case .none: return
    case .product(let factor):
      unsafe nascent_multiply_f64(count, FloatingFormat.float64.flushed(factor), values)
    case .productAndSum(let factor, let offset):
      guard isTiny else {
        unsafe nascent_scale_f64(count, factor, offset, values)
        return
      }
      SampleScaling.product(factor).apply(to: values, count)
      unsafe nascent_scale_f64(count, 1, FloatingFormat.float64.flushed(offset), values)
    }
    if isTiny { unsafe nascent_flush_f64(count, values) }
  }
}
