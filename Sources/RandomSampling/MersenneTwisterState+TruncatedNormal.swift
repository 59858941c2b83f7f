internal import CTensorKernels

extension MersenneTwisterState {
  /// Fills `span` with a whole tensor of `torch.nn.init.trunc_normal_`.
  ///
  /// Where more than 0.3 of the normal lies between the bounds, whole tensors of normals are drawn
  /// until every element was inside once. Else pairs of uniform tensors are drawn: candidates between
  /// the bounds, and numbers that keep them with the normal's density.
  ///
  /// - Parameter span: `draw.count` elements.
  public func fillTruncatedNormal(_ span: inout MutableRawSpan, _ draw: TruncatedNormalDraw) {
    precondition(
      span.byteCount == draw.count * draw.format.byteCount, "the span holds the whole tensor")
    span.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress, draw.count > 0 else { return }
      _ = unsafe rejected(draw, into: base)
    }
  }

  /// The state behind such a draw, found by drawing it without keeping the values.
  func afterTruncatedNormal(_ draw: TruncatedNormalDraw) -> MersenneTwisterState {
    unsafe rejected(draw, into: nil)
  }

  /// Elements that are drawn at once.
  private static let tile = 4096

  /// Rounds until nothing is pending.
  ///
  /// - Parameter target: Room for the tensor, or `nil` where only the state behind it matters.
  private func rejected(
    _ draw: TruncatedNormalDraw, into target: UnsafeMutableRawPointer?
  ) -> MersenneTwisterState {
    var pending = [UInt8](repeating: 1, count: draw.count)
    var state = self
    let isNormal = draw.takesNormals
    let candidates = SequentialDraw.uniform(count: draw.count, draw.format)
    // What `isDrawable` admits ends after some thousand rounds; the limit is for none to hang.
    for _ in 0..<1 << 20 {
      let left: Int
      if isNormal {
        left = unsafe state.normalRound(draw, &pending, target)
        state = state.advanced(by: .normal(count: draw.count, draw.format))
      } else {
        let accepting = state.advanced(by: candidates)
        left = unsafe state.densityRound(draw, accepting, &pending, target)
        state = accepting.advanced(by: candidates)
      }
      if left == 0 { break }
    }
    return state
  }

  private func normalRound(
    _ draw: TruncatedNormalDraw, _ pending: inout [UInt8], _ target: UnsafeMutableRawPointer?
  ) -> Int {
    // The bounds are rounded to the tensor's format.
    let low = draw.format.parameter(draw.lower)
    let high = draw.format.parameter(draw.upper)
    return unsafe round(draw, &pending, target) { range, fresh, _, pending, values in
      var span = unsafe MutableRawSpan(_unsafeBytes: fresh)
      fillNormal(
        &span, elements: range, of: draw.count, mean: draw.mean,
        standardDeviation: draw.standardDeviation, as: draw.format)
      return unsafe nascent_reject(
        draw.format.element, UInt64(range.count), fresh.baseAddress, low, high, pending, values)
    }
  }

  private func densityRound(
    _ draw: TruncatedNormalDraw, _ accepting: MersenneTwisterState, _ pending: inout [UInt8],
    _ target: UnsafeMutableRawPointer?
  ) -> Int {
    let mode = max(draw.lower, min(draw.mean, draw.upper))
    let distance = (mode - draw.mean) / draw.standardDeviation
    let peak = -0.5 * (distance * distance)
    return unsafe round(draw, &pending, target) { range, candidates, uniforms, pending, values in
      var span = unsafe MutableRawSpan(_unsafeBytes: candidates)
      fillUniform(&span, elements: range, from: draw.lower, to: draw.upper, as: draw.format)
      var other = unsafe MutableRawSpan(_unsafeBytes: uniforms)
      accepting.fillUniform(&other, elements: range, from: 0, to: 1, as: draw.format)
      return unsafe nascent_reject_density(
        draw.format.element, UInt64(range.count), candidates.baseAddress, uniforms.baseAddress,
        draw.mean, draw.standardDeviation, peak, pending, values)
    }
  }

  /// Calls `body` for each tile that has a pending element, with room for two tiles of elements.
  ///
  /// - Returns: How many elements are pending after it.
  private func round(
    _ draw: TruncatedNormalDraw, _ pending: inout [UInt8], _ target: UnsafeMutableRawPointer?,
    _ body: (
      Range<Int>, UnsafeMutableRawBufferPointer, UnsafeMutableRawBufferPointer,
      UnsafeMutablePointer<UInt8>, UnsafeMutableRawPointer?
    ) -> UInt64
  ) -> Int {
    let width = draw.format.byteCount
    var left = 0
    pending.withUnsafeMutableBufferPointer { flags in
      guard let flags = flags.baseAddress else { return }
      withUnsafeTemporaryAllocation(byteCount: 2 * Self.tile * width, alignment: 16) { scratch in
        for start in stride(from: 0, to: draw.count, by: Self.tile) {
          let range = start..<min(start + Self.tile, draw.count)
          guard unsafe nascent_any(UInt64(range.count), flags + start) != 0 else { continue }
          // Two disjoint halves of the scratch, and parts of the tensor inside it.
          let first = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[0..<range.count * width])
          let second = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[Self.tile * width..<(Self.tile + range.count) * width])
          left += unsafe Int(
            body(range, first, second, flags + start, target.map { $0 + start * width }))
        }
      }
    }
    return left
  }
}
