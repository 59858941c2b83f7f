internal import CTensorKernels

extension MersenneTwisterState {
  /// Fills `span` with elements `range` of what `Tensor.uniform_(low, high)` makes of a tensor.
  ///
  /// fma(u, high − low, low), u of 24 bits (53 in double precision); where rounding reaches `high`,
  /// `low` is taken. 16-bit formats are made in float32 and rounded.
  public func fillUniform(
    _ span: inout MutableRawSpan, elements range: Range<Int>, from low: Double, to high: Double,
    as format: FloatingFormat
  ) {
    withElements(&span, range, format) { target in
      let wordCount = format.wordCount
      unsafe withWords(at: drawnWordCount &+ range.lowerBound &* wordCount) { reader, words in
        var done = 0
        while done < range.count {
          let taken = min(Self.tileWordCount / wordCount, range.count - done)
          unsafe reader.read(taken * wordCount, into: words)
          unsafe nascent_mt_uniform(
            path.kernel, format.element, words, UInt64(taken), low, high,
            target + done * format.byteCount)
          done += taken
        }
      }
    }
  }

  /// Fills `span` with elements `range` of what `Tensor.normal_(mean, standardDeviation)` makes of a
  /// tensor of `count` elements.
  ///
  /// Box and Muller's transform. 16 elements or more: blocks of 16 numbers, of which the first eight
  /// give the radii and the last eight the angles; the last 16 elements are drawn again where `count`
  /// is no multiple of 16. Fewer: pairs in double precision, the second of which the generator keeps.
  public func fillNormal(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of count: Int, mean: Double,
    standardDeviation: Double, as format: FloatingFormat
  ) {
    precondition(range.upperBound <= count, "elements of the tensor")
    let element = format.element
    withElements(&span, range, format) { target in
      guard count >= Self.blockCount else {
        // The range lies in the tensor by the precondition above.
        shortNormals(count).withUnsafeBufferPointer { normals in
          guard let base = normals.baseAddress else { return }
          unsafe nascent_mt_short_normal(
            element, UInt64(range.count), base + range.lowerBound, mean, standardDeviation, target)
        }
        return
      }
      let remainder = count % Self.blockCount
      let tail = remainder == 0 ? count : count - Self.blockCount
      let head = range.clamped(to: 0..<tail)
      unsafe fillBlocks(target, head, at: drawnWordCount, mean, standardDeviation, format)
      let rest = range.clamped(to: tail..<count)
      let drawn = format.byteCount == 2 ? count - remainder : count
      unsafe fillBlocks(
        target + head.count * format.byteCount,
        rest.lowerBound - tail..<rest.upperBound - tail,
        at: drawnWordCount &+ drawn &* format.wordCount, mean, standardDeviation, format)
    }
  }

  /// Fills elements `range` of the blocks whose words begin at number `start`.
  ///
  /// - Parameter target: Room for the elements.
  private func fillBlocks(
    _ target: UnsafeMutableRawPointer, _ range: Range<Int>, at start: Int, _ mean: Double,
    _ deviation: Double, _ format: FloatingFormat
  ) {
    guard !range.isEmpty else { return }
    let width = format.byteCount
    let wordsOfBlock = Self.blockCount * format.wordCount
    let blocksOfTile = Self.tileWordCount / wordsOfBlock
    var block = range.lowerBound / Self.blockCount
    withUnsafeTemporaryAllocation(
      byteCount: blocksOfTile * Self.blockCount * width, alignment: 16
    ) { scratch in
      guard let scratch = scratch.baseAddress else { return }
      unsafe withWords(at: start &+ block &* wordsOfBlock) { reader, words in
        while block * Self.blockCount < range.upperBound {
          let blocks = min(
            blocksOfTile, (range.upperBound + Self.blockCount - 1) / Self.blockCount - block)
          let made = block * Self.blockCount..<(block + blocks) * Self.blockCount
          let wanted = made.clamped(to: range)
          let place = unsafe target + (wanted.lowerBound - range.lowerBound) * width
          unsafe reader.read(blocks * wordsOfBlock, into: words)
          // A tile that is wanted whole is written in place.
          unsafe nascent_mt_normal(
            path.kernel, format.element, words, UInt64(blocks), mean, deviation,
            wanted == made ? place : scratch)
          if wanted != made {
            unsafe place.copyMemory(
              from: scratch + (wanted.lowerBound - made.lowerBound) * width,
              byteCount: wanted.count * width)
          }
          block += blocks
        }
      }
    }
  }

  /// Standard normals of a short tensor; the first may be one that the generator has kept.
  private func shortNormals(_ count: Int) -> [Double] {
    var normals: [Double] = []
    if let cachedPair { normals.append(normalPair(at: cachedPair)[1]) }
    var place = drawnWordCount
    while normals.count < count {
      normals += normalPair(at: place)
      place &+= 4
    }
    return normals
  }

  private func normalPair(at place: Int) -> [Double] {
    let words = words(place..<place + 4)
    return [Double](unsafeUninitializedCapacity: 2) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe nascent_mt_normal_pair(words, base)
      count = 2
    }
  }

  /// 8 KiB of words a step: they stay in the first cache.
  private static let tileWordCount = 2048

  /// Hands out a reader of the stream and room for a tile of words; remembers where it ended.
  private func withWords(
    at place: Int, _ body: (inout StreamReader, UnsafeMutablePointer<UInt32>) -> Void
  ) {
    var reader = StreamReader(at: place, seed: seed, path: path, memory: memory)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.tileWordCount) { words in
      guard let words = words.baseAddress else { return }
      unsafe body(&reader, words)
    }
    reader.keep()
  }

  /// Checks that `span` holds `range.count` elements, then hands out its address.
  private func withElements(
    _ span: inout MutableRawSpan, _ range: Range<Int>, _ format: FloatingFormat,
    _ body: (UnsafeMutableRawPointer) -> Void
  ) {
    precondition(range.lowerBound >= 0, "element numbers are not negative")
    precondition(
      span.byteCount == range.count * format.byteCount, "the span holds exactly the elements")
    span.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress, !range.isEmpty else { return }
      unsafe body(base)
    }
  }
}

extension FloatingFormat {
  var element: nascent_element {
    switch self {
    case .float16: NASCENT_F16
    case .bfloat16: NASCENT_BF16
    case .float32: NASCENT_F32
    case .float64: NASCENT_F64
    }
  }
}
