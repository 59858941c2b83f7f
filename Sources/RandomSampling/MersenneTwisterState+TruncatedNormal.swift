internal import CTensorKernels

extension MersenneTwisterState {
  /// Fills `span` with elements `range` of a tensor of `torch.nn.init.trunc_normal_`.
  ///
  /// Where more than 0.3 of the normal lies between the bounds, whole tensors of normals are drawn
  /// until every element was inside once. Else pairs of uniform tensors are drawn: candidates between
  /// the bounds, and numbers that keep them with the normal's density.
  ///
  /// Each round is a whole tensor, so an element's own values do not depend on the others'.
  public func fillTruncatedNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, _ draw: TruncatedNormalDraw
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= draw.count, "elements of the tensor")
    precondition(
      span.byteCount == range.count * draw.format.byteCount, "the span holds exactly the elements")
    span.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress, !range.isEmpty else { return }
      _ = unsafe roundCount(of: draw, range, into: base)
    }
  }

  /// The state behind such a draw, found by drawing it without keeping the values.
  func afterTruncatedNormal(_ draw: TruncatedNormalDraw) -> MersenneTwisterState {
    let rounds = unsafe roundCount(of: draw, 0..<draw.count, into: nil)
    return (0..<rounds).reduce(self) { state, _ in state.advanced(byRoundOf: draw) }
  }

  private func advanced(byRoundOf draw: TruncatedNormalDraw) -> MersenneTwisterState {
    guard !draw.takesNormals else {
      return advanced(by: .normal(count: draw.count, draw.format))
    }
    let uniform = SequentialDraw.uniform(count: draw.count, draw.format)
    return advanced(by: uniform).advanced(by: uniform)
  }

  /// Elements whose rounds are gone through together.
  private static let tile = 1 << 16

  /// How many rounds the elements of a range take together.
  ///
  /// - Parameter target: Room for the elements, or `nil` where only the number matters.
  private func roundCount(
    of draw: TruncatedNormalDraw, _ range: Range<Int>, into target: UnsafeMutableRawPointer?
  ) -> Int {
    let width = draw.format.byteCount
    let tile = min(Self.tile, range.count)
    var most = 0
    withUnsafeTemporaryAllocation(byteCount: 2 * tile * width, alignment: 16) { scratch in
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: tile) { flags in
        guard let pending = flags.baseAddress else { return }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
          let part = start..<min(start + tile, range.upperBound)
          // Two disjoint parts of the scratch.
          let first = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[..<(part.count * width)])
          let second = unsafe UnsafeMutableRawBufferPointer(
            rebasing: scratch[tile * width..<(tile + part.count) * width])
          let place = unsafe target.map { $0 + (start - range.lowerBound) * width }
          unsafe flags.update(repeating: 1)
          var state = self
          // What `isDrawable` admits ends after some thousand rounds; the limit is for none to hang.
          for round in 1...1 << 20 {
            let left =
              draw.takesNormals
              ? unsafe state.normalRound(draw, part, first, pending, place)
              : unsafe state.densityRound(draw, part, first, second, pending, place)
            most = max(most, round)
            if left == 0 { break }
            state = state.advanced(byRoundOf: draw)
          }
        }
      }
    }
    return most
  }

  private func normalRound(
    _ draw: TruncatedNormalDraw, _ range: Range<Int>, _ fresh: UnsafeMutableRawBufferPointer,
    _ pending: UnsafeMutablePointer<UInt8>, _ values: UnsafeMutableRawPointer?
  ) -> UInt64 {
    var span = unsafe MutableRawSpan(_unsafeBytes: fresh)
    fillNormal(
      &span, elements: range, of: draw.count, mean: draw.mean,
      standardDeviation: draw.standardDeviation, as: draw.format)
    // The bounds are rounded to the tensor's format.
    return unsafe nascent_reject(
      draw.format.element, UInt64(range.count), fresh.baseAddress,
      draw.format.parameter(draw.lower), draw.format.parameter(draw.upper), pending, values)
  }

  private func densityRound(
    _ draw: TruncatedNormalDraw, _ range: Range<Int>, _ candidates: UnsafeMutableRawBufferPointer,
    _ uniforms: UnsafeMutableRawBufferPointer, _ pending: UnsafeMutablePointer<UInt8>,
    _ values: UnsafeMutableRawPointer?
  ) -> UInt64 {
    let mode = max(draw.lower, min(draw.mean, draw.upper))
    let distance = (mode - draw.mean) / draw.standardDeviation
    let peak = -0.5 * (distance * distance)
    var span = unsafe MutableRawSpan(_unsafeBytes: candidates)
    fillUniform(&span, elements: range, from: draw.lower, to: draw.upper, as: draw.format)
    var other = unsafe MutableRawSpan(_unsafeBytes: uniforms)
    advanced(by: .uniform(count: draw.count, draw.format))
      .fillUniform(&other, elements: range, from: 0, to: 1, as: draw.format)
    return unsafe nascent_reject_density(
      draw.format.element, UInt64(range.count), candidates.baseAddress, uniforms.baseAddress,
      draw.mean, draw.standardDeviation, peak, pending, values)
  }
}
