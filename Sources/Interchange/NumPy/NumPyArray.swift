internal import TensorMemory
internal import Tensors

/// An array in a file or an archive: its header, and where its elements begin.
struct NumPyArray: Sendable {
  let entry: TensorEntry
  private let header: NumPyHeader
  private let bytes: StoredBytes
  private let dataOffset: Int

  /// The largest array that is unfolded and turned, which is done in memory. Small files unfold to large
  /// arrays.
  static let maximumTurnedByteCount = 1 << 30

  /// Reads the header of an array that takes up all of the bytes.
  ///
  /// - Throws: `ModelFileError` with the codes `malformed`, `unsupported`; `FileAccessError`.
  init(_ bytes: StoredBytes, name: String) throws {
    let path = bytes.path
    let prefix = try bytes.bytes(
      in: (0..<bytes.byteCount).prefix(NumPyHeader.maximumPrefixByteCount))
    let dictionary = try NumPyHeader.dictionaryRange(prefix, file: path)
    guard dictionary.upperBound <= bytes.byteCount else {
      throw ModelFileError.malformed(
        path, because: "array \"\(name.shown)\" ends inside its header")
    }
    header = try NumPyHeader(parsing: bytes.bytes(in: dictionary), tensor: name, file: path)
    do {
      var entry = try TensorEntry(name: name, shape: header.shape, scalarType: header.scalarType)
      entry.isElementwise = !header.isColumnMajor
      self.entry = entry
    } catch let error as TensorError {
      throw ModelFileError.malformed(path, because: error.message)
    }
    if case .deflated = bytes, header.isColumnMajor,
      entry.byteCount > Self.maximumTurnedByteCount
    {
      throw ModelFileError.unsupported(
        path,
        because: """
          array "\(name.shown)" is compressed, is stored column by column and has \(entry.byteCount) bytes; at \
          most \(Self.maximumTurnedByteCount) are turned
          """,
        do: "Save it row by row, in Python: numpy.ascontiguousarray(array).")
    }
    dataOffset = dictionary.upperBound
    self.bytes = bytes
    let found = bytes.byteCount - dictionary.upperBound
    guard found == entry.byteCount else {
      throw ModelFileError.malformed(
        path,
        because: """
          array "\(name.shown)" of shape \(entry.shape) and dtype \(entry.scalarType) needs \
          \(entry.byteCount) bytes and has \(found)
          """)
    }
  }

  /// Where the elements lie, if they lie as they are read.
  var location: FileLocation? {
    guard case .plain(let file, let range) = bytes, !header.isColumnMajor, !header.isBigEndian
    else {
      return nil
    }
    return FileLocation(path: file.path, offset: range.lowerBound + dataOffset)
  }

  /// Reads a part, turned to row-major and little-endian.
  func read(into span: inout MutableRawSpan, at offset: Int) throws {
    let width = entry.scalarType.byteCount
    guard header.isColumnMajor else {
      try bytes.read(into: &span, at: dataOffset + offset)
      if header.isBigEndian { span.reverseEach(width) }
      return
    }
    let columns = try TensorStorage(byteCount: entry.byteCount)
    try columns.fill(0..<entry.byteCount) { try bytes.read(into: &$0, at: dataOffset) }
    columns.seal()
    let first = offset / width
    columns.withBytes { source in
      span.copy(
        elementsOf: width, first..<first + span.byteCount / width, from: source,
        columnMajor: entry.shape.dimensions)
    }
    if header.isBigEndian { span.reverseEach(width) }
  }
}

extension MutableRawSpan {
  /// Turns the bytes of each element round.
  fileprivate mutating func reverseEach(_ width: Int) {
    for offset in stride(from: 0, to: byteCount, by: width) {
      switch width {
      case 2: store(bytes.value(at: offset, as: UInt16.self).byteSwapped, at: offset)
      case 4: store(bytes.value(at: offset, as: UInt32.self).byteSwapped, at: offset)
      default: store(bytes.value(at: offset, as: UInt64.self).byteSwapped, at: offset)
      }
    }
  }

  /// Stores row-major elements of an array whose first axis varies fastest.
  fileprivate mutating func copy(
    elementsOf width: Int, _ range: Range<Int>, from source: RawSpan, columnMajor sizes: [Int]
  ) {
    guard !range.isEmpty else { return }
    var strides: [Int] = []
    var product = 1
    for size in sizes {
      strides.append(product)
      product *= size
    }
    // The place of the first element, by axis; then one step at a time, as a counter goes.
    var place = [Int](repeating: 0, count: sizes.count)
    var rest = range.lowerBound
    for axis in sizes.indices.reversed() {
      place[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    var from = zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 }
    for element in 0..<range.count {
      switch width {
      case 1: store(source.value(at: from, as: UInt8.self), at: element)
      case 2: store(source.value(at: from * 2, as: UInt16.self), at: element * 2)
      case 4: store(source.value(at: from * 4, as: UInt32.self), at: element * 4)
      default: store(source.value(at: from * 8, as: UInt64.self), at: element * 8)
      }
      for axis in sizes.indices.reversed() {
        place[axis] += 1
        from += strides[axis]
        if place[axis] < sizes[axis] { break }
        from -= place[axis] * strides[axis]
        place[axis] = 0
      }
    }
  }
}
