internal import TensorMemory
public import Tensors

/// Reads the tensors of a source part after part, in memory that is used again and again.
public struct PartReader: Sendable {
  /// Some chunks of a store, and few enough to be in the cache when they are used.
  public static let partByteCount = 8 << 20

  private let source: any TensorSource
  /// A source may make its list anew each time that it is asked for it.
  private let entries: [TensorEntry]
  private let pool = MemoryPool(byteCount: partByteCount)

  /// Reads from a source.
  public init(_ source: some TensorSource) {
    self.source = source
    entries = source.entries
  }

  /// Calls `body` with the bytes of a tensor in order, some megabytes at a time.
  ///
  /// - Parameter index: The place of the tensor in `entries`.
  /// - Parameter body: Called with 8 MiB at a time, less at the end, and with the whole where the
  ///   source cannot be read in parts; its span is used again afterwards.
  /// - Throws: As `TensorSource.read`, and what `body` throws.
  public func forEachPart(of index: Int, _ body: (RawSpan) throws -> Void) throws {
    let entry = entries[index]
    let step = entry.isElementwise ? Self.partByteCount : max(entry.byteCount, 1)
    for lower in stride(from: 0, to: entry.byteCount, by: step) {
      let count = min(step, entry.byteCount - lower)
      let storage = try TensorStorage(byteCount: count, from: pool)
      try storage.fill(0..<count) { try source.read(into: &$0, at: lower, of: index) }
      storage.seal()
      try storage.withBytes(body)
    }
  }

  /// The digests of a tensor's bytes, which are checked on the way: by the format's own means, and that
  /// a `bool` is 0 or 1.
  ///
  /// - Throws: `ModelFileError.Code.malformed`, and as `forEachPart`.
  public func digest(of index: Int) throws -> ValueDigest {
    try source.validate(index)
    let entry = entries[index]
    var digest = ValueDigestBuilder()
    try forEachPart(of: index) { part in
      if entry.scalarType == .bool, let other = part.firstByte(above: 1) {
        throw ModelFileError.notBoolean(entry.name, found: other)
      }
      digest.append(part)
    }
    return digest.finish()
  }
}

extension RawSpan {
  fileprivate func firstByte(above limit: UInt8) -> UInt8? {
    for offset in 0..<byteCount {
      let byte = value(at: offset, as: UInt8.self)
      if byte > limit { return byte }
    }
    return nil
  }
}
