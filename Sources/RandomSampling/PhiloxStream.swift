internal import CTensorKernels

/// TensorFlow's random numbers for one seed pair: Philox 4×32-10 with its keying and its rounding.
///
/// Each function is pure: element *i* depends on the seed pair and *i* only, so any range of a tensor
/// can be made alone, in any order, on any thread.
///
/// - Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3";
///   TensorFlow `core/lib/random/random_distributions.h` for words to samples.
public struct PhiloxStream: Sendable, Hashable {
  private let key: [UInt32]
  private let counterHigh: UInt64
  private let path: KernelPath

  /// Keys the stream as TensorFlow's stateless functions do: one block with a fixed key over the
  /// seed pair gives the key and the counter's upper half.
  public init(seed: SeedPair, path: KernelPath = .best) {
    let words = PhiloxStream.block(
      counter: [
        UInt32(truncatingIfNeeded: seed.first), UInt32(seed.first >> 32),
        UInt32(truncatingIfNeeded: seed.second), UInt32(seed.second >> 32),
      ],
      key: [0x3ec8_f720, 0x0246_1e29])
    key = [words[0], words[1]]
    counterHigh = UInt64(words[2]) | UInt64(words[3]) << 32
    self.path = path
  }

  /// One block of Philox 4×32-10: four words of a 128-bit counter and a 64-bit key.
  ///
  /// - Parameter counter: Four words, least significant first.
  /// - Parameter key: Two words.
  public static func block(counter: [UInt32], key: [UInt32]) -> [UInt32] {
    precondition(counter.count == 4 && key.count == 2, "four words of counter, two of key")
    var words = [UInt32](repeating: 0, count: 4)
    unsafe nascent_philox_block(counter, key, &words)
    return words
  }

  /// Words `range` of the stream; word *w* is word *w* mod 4 of block *w* / 4.
  public func words(_ range: Range<Int>) -> [UInt32] {
    [UInt32](unsafeUninitializedCapacity: range.count) { buffer, count in
      if let base = buffer.baseAddress {
        unsafe nascent_philox_words(
          path.kernel, kernel, UInt64(range.lowerBound), UInt64(range.count), base)
      }
      count = range.count
    }
  }

  /// Fills `span` with elements `range` of U[low, high).
  ///
  /// u · (high − low) + low with u of 23, 52, 10 or 7 random bits; `low`, `high` and every operation
  /// are rounded to the format, so that `high` itself can come out in the 16-bit formats.
  public func fillUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, from low: Double, to high: Double,
    as format: FloatingFormat
  ) {
    let low = format.parameter(low)
    let width = format.rounded(format.parameter(high) - low)
    withElements(&span, range, format) { start, count, target in
      switch format {
      case .float32:
        unsafe nascent_uniform_f32(
          path.kernel, kernel, start, count, Float(low), Float(width),
          target.assumingMemoryBound(to: Float.self))
      case .float64:
        unsafe nascent_uniform_f64(
          path.kernel, kernel, start, count, low, width,
          target.assumingMemoryBound(to: Double.self))
      case .float16:
        unsafe nascent_uniform_f16(
          path.kernel, kernel, start, count, Float(low), Float(width),
          target.assumingMemoryBound(to: UInt16.self))
      case .bfloat16:
        unsafe nascent_uniform_bf16(
          path.kernel, kernel, start, count, Float(low), Float(width),
          target.assumingMemoryBound(to: UInt16.self))
      }
    }
  }

  /// Fills `span` with elements `range` of N(mean, standardDeviation²): z · standardDeviation + mean,
  /// each operation rounded to the format.
  public func fillNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, mean: Double,
    standardDeviation: Double, as format: FloatingFormat
  ) {
    fillScaled(
      &span, range, mean, standardDeviation, format,
      single: { unsafe nascent_normal_f32(path.kernel, kernel, $0, $1, $2) },
      double: { unsafe nascent_normal_f64(kernel, $0, $1, $2) })
  }

  /// Fills `span` with elements `range` of the same normal, kept where |z| < 2.
  public func fillTruncatedNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, mean: Double,
    standardDeviation: Double, as format: FloatingFormat
  ) {
    fillScaled(
      &span, range, mean, standardDeviation, format,
      single: { unsafe nascent_truncated_f32(path.kernel, kernel, $0, $1, $2) },
      double: { unsafe nascent_truncated_f64(kernel, $0, $1, $2) })
  }

  private var kernel: nascent_philox {
    nascent_philox(key0: key[0], key1: key[1], counter_high: counterHigh)
  }

  private func fillScaled(
    _ span: inout MutableRawSpan, _ range: Range<Int>, _ mean: Double, _ deviation: Double,
    _ format: FloatingFormat,
    single: (UInt64, UInt64, UnsafeMutablePointer<Float>) -> Void,
    double: (UInt64, UInt64, UnsafeMutablePointer<Double>) -> Void
  ) {
    let scale = format.parameter(deviation)
    let offset = format.parameter(mean)
    withElements(&span, range, format) { start, count, target in
      switch format {
      case .float32:
        let values = unsafe target.assumingMemoryBound(to: Float.self)
        unsafe single(start, count, values)
        unsafe nascent_scale_f32(count, Float(scale), Float(offset), values)
      case .float64:
        let values = unsafe target.assumingMemoryBound(to: Double.self)
        unsafe double(start, count, values)
        unsafe nascent_scale_f64(count, scale, offset, values)
      case .float16, .bfloat16:
        // In tiles of 4 KiB of floats, which stay in the first cache.
        let tile = 1024
        withUnsafeTemporaryAllocation(of: Float.self, capacity: tile) { floats in
          guard let scratch = floats.baseAddress else { return }
          let values = unsafe target.assumingMemoryBound(to: UInt16.self)
          var done = 0
          while done < Int(count) {
            let taken = min(tile, Int(count) - done)
            unsafe single(start + UInt64(done), UInt64(taken), scratch)
            if format == .float16 {
              unsafe nascent_scale_to_f16(
                UInt64(taken), scratch, Float(scale), Float(offset), values + done)
            } else {
              unsafe nascent_scale_to_bf16(
                UInt64(taken), scratch, Float(scale), Float(offset), values + done)
            }
            done += taken
          }
        }
      }
    }
  }

  /// Checks that `span` holds `range.count` elements, then hands out its address.
  private func withElements(
    _ span: inout MutableRawSpan, _ range: Range<Int>, _ format: FloatingFormat,
    _ body: (_ start: UInt64, _ count: UInt64, _ target: UnsafeMutableRawPointer) -> Void
  ) {
    precondition(range.lowerBound >= 0, "element numbers are not negative")
    precondition(
      span.byteCount == range.count * format.byteCount, "the span holds exactly the elements")
    span.withUnsafeMutableBytes { buffer in
      // An empty span has no address and nothing to fill.
      guard let base = buffer.baseAddress, !range.isEmpty else { return }
      unsafe body(UInt64(range.lowerBound), UInt64(range.count), base)
    }
  }
}
