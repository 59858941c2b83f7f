internal import CInflate
internal import Synchronization

/// What is wrong with deflated bytes.
public struct DeflateError: Error, Sendable, CustomStringConvertible {
  /// A sentence's end that says it of a member of an archive: "has malformed compressed bytes".
  public let description: String
}

/// Bytes that a range of a file holds deflated, read at any place by any number of tasks at once.
///
/// A stream can only be unfolded from its beginning. So places in it are kept, 4 MiB apart and 45 KB large,
/// as far as somebody has read: from them every read goes on. Nothing is unfolded before it is asked for.
///
/// A class, because all its readers share the places.
public final class DeflatedBytes: Sendable {
  /// The most bytes that deflate makes of one: the format cannot say more in fewer bits.
  public static let maximumRatio = 1032

  /// The number of bytes when unfolded.
  public let byteCount: Int
  private let file: ReadableFile
  private let range: Range<Int>
  /// By their place among the unfolded bytes.
  private let places = Mutex<[Place]>([])

  private static let placeSpacing = 4 << 20
  private static let scratchByteCount = 256 << 10

  /// A place that others go on from; itself it is never moved.
  fileprivate struct Place: Sendable {
    let offset: Int
    /// In the file.
    let inputOffset: Int
    let inflater: Inflater
  }

  /// Describes bytes, and reads none.
  ///
  /// - Parameter file: The file.
  /// - Parameter range: Where a raw deflate stream lies in the file.
  /// - Parameter byteCount: How many bytes it unfolds to; more are never made.
  public init(_ file: ReadableFile, in range: Range<Int>, byteCount: Int) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= file.byteCount, "range inside the file")
    self.file = file
    self.range = range
    self.byteCount = byteCount
  }

  /// Fills all of `span` with the unfolded bytes from `offset` on.
  ///
  /// - Throws: `DeflateError`, `FileAccessError`, `TensorMemoryError.Code.outOfMemory`.
  /// - Complexity: O(*n*) in the bytes read, and at most 4 MiB before them where all before was read once.
  public func read(into span: inout MutableRawSpan, at offset: Int) throws {
    precondition(
      offset >= 0 && span.byteCount <= byteCount - offset, "a range of the unfolded bytes")
    guard span.byteCount > 0 else { return }
    var reader = try reader(at: offset)
    try reader.fill(&span)
    try keep(reader)
  }

  /// The unfolded bytes of a range that lies inside.
  ///
  /// - Throws: As `read(into:at:)`.
  public func bytes(in range: Range<Int>) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var elements = bytes.mutableSpan
    var span = elements.mutableBytes
    try read(into: &span, at: range.lowerBound)
    return bytes
  }

  /// Checks that the stream ends with its last byte, where the range ends.
  ///
  /// - Throws: As `read(into:at:)`.
  public func checkEnd() throws {
    var reader = try reader(at: byteCount)
    try reader.finish()
  }

  /// A reader whose next byte is the one at `offset`.
  private func reader(at offset: Int) throws -> DeflateReader {
    let place = places.withLock { places in
      places[..<places.partition { $0.offset > offset }].last
    }
    var reader = try DeflateReader(
      file, input: (place?.inputOffset ?? range.lowerBound)..<range.upperBound,
      offset: place?.offset ?? 0,
      inflater: place.map { try Inflater(copying: $0.inflater) } ?? Inflater())
    guard reader.offset < offset else { return reader }
    var scratch = [UInt8](
      repeating: 0, count: min(Self.scratchByteCount, offset - reader.offset))
    while reader.offset < offset {
      var elements = scratch.mutableSpan
      var bytes = elements.mutableBytes
      var part = bytes._mutatingExtracting(0..<min(bytes.byteCount, offset - reader.offset))
      try reader.fill(&part)
      try keep(reader)
    }
    return reader
  }

  /// Keeps a reader's place where none is near before it.
  private func keep(_ reader: DeflateReader) throws {
    let isNear = places.withLock { places in
      let before = places[..<places.partition { $0.offset > reader.offset }].last?.offset ?? 0
      return reader.offset - before < Self.placeSpacing
    }
    guard !isNear else { return }
    let place = try reader.place()
    places.withLock { places in
      let index = places.partition { $0.offset > place.offset }
      // Another task may have been here meanwhile.
      guard index == 0 || places[index - 1].offset < place.offset else { return }
      places.insert(place, at: index)
    }
  }
}

extension [DeflatedBytes.Place] {
  /// The index of the first element for which `isBehind` holds, which it does for all after it.
  fileprivate func partition(_ isBehind: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// One way through a deflated stream.
private struct DeflateReader {
  private let file: ReadableFile
  private let inflater: Inflater
  /// The place of the next unfolded byte.
  private(set) var offset: Int
  /// What was not read from the file yet.
  private var unread: Range<Int>
  private var buffer: [UInt8] = []
  /// What was read and not used yet, in `buffer`.
  private var ready = 0..<0

  private static let bufferByteCount = 64 << 10

  init(_ file: ReadableFile, input: Range<Int>, offset: Int, inflater: Inflater) {
    self.file = file
    unread = input
    self.offset = offset
    self.inflater = inflater
  }

  /// This place, for others to go on from.
  func place() throws -> DeflatedBytes.Place {
    try DeflatedBytes.Place(
      offset: offset, inputOffset: unread.lowerBound - ready.count,
      inflater: Inflater(copying: inflater))
  }

  /// Fills all of `span`.
  mutating func fill(_ span: inout MutableRawSpan) throws {
    var filled = 0
    while filled < span.byteCount {
      var rest = span._mutatingExtracting(filled..<span.byteCount)
      let (produced, isEnd) = try step(into: &rest)
      filled += produced
      guard !isEnd || filled == span.byteCount else {
        throw DeflateError(description: "ends after \(offset) bytes")
      }
    }
  }

  /// Checks that nothing follows.
  mutating func finish() throws {
    var byte: [UInt8] = [0]
    var isEnd = false
    while !isEnd {
      var elements = byte.mutableSpan
      var bytes = elements.mutableBytes
      let step = try step(into: &bytes)
      guard step.produced == 0 else {
        throw DeflateError(description: "has more bytes than the \(offset - 1) that are said")
      }
      isEnd = step.isEnd
    }
    let left = ready.count + unread.count
    guard left == 0 else {
      throw DeflateError(description: "has \(left) bytes behind its compressed ones")
    }
  }

  /// Unfolds some bytes.
  private mutating func step(
    into span: inout MutableRawSpan
  ) throws -> (produced: Int, isEnd: Bool) {
    if ready.isEmpty, !unread.isEmpty {
      let next = unread.prefix(Self.bufferByteCount)
      buffer = try file.bytes(in: next)
      ready = 0..<buffer.count
      unread = next.upperBound..<unread.upperBound
    }
    let (consumed, produced, isEnd) = try inflater.step(buffer[ready], into: &span)
    ready = ready.lowerBound + consumed..<ready.upperBound
    offset += produced
    guard isEnd || consumed > 0 || produced > 0 else {
      throw DeflateError(description: "ends inside its compressed bytes")
    }
    return (produced, isEnd)
  }
}

/// zlib's state. A class, because it owns memory.
@safe
private final class Inflater: @unchecked Sendable {
  // @unchecked Sendable because one that is kept is only copied, which does not change it, and any other
  // belongs to one reader.
  private let state: OpaquePointer

  init() throws {
    guard let state = nascent_inflater_new() else {
      throw TensorMemoryError.outOfMemory(byteCount: 45_000)
    }
    unsafe self.state = state
  }

  init(copying other: Inflater) throws {
    guard let state = unsafe nascent_inflater_copy(other.state) else {
      throw TensorMemoryError.outOfMemory(byteCount: 45_000)
    }
    unsafe self.state = state
  }

  deinit { unsafe nascent_inflater_free(state) }

  func step(
    _ input: ArraySlice<UInt8>, into span: inout MutableRawSpan
  ) throws -> (consumed: Int, produced: Int, isEnd: Bool) {
    var consumed = 0
    var produced = 0
    let code = input.withUnsafeBufferPointer { input in
      span.withUnsafeMutableBytes { output in
        // Both lengths are those of the buffers that the pointers begin.
        unsafe nascent_inflate(
          state, input.baseAddress, input.count, &consumed,
          output.bindMemory(to: UInt8.self).baseAddress, output.count, &produced)
      }
    }
    switch Int(code) {
    case Int(NASCENT_INFLATE_MORE): return (consumed, produced, false)
    case Int(NASCENT_INFLATE_END): return (consumed, produced, true)
    case Int(NASCENT_INFLATE_NO_MEMORY):
      throw TensorMemoryError.outOfMemory(byteCount: 45_000)
    default: throw DeflateError(description: "has malformed compressed bytes")
    }
  }
}
