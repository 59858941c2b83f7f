public import Foundation

extension RawSpan {
  /// A copy of the bytes.
  public var data: Data { withUnsafeBytes { Data($0) } }

  /// Lets `body` read the bytes as `Data` that shares the memory.
  ///
  /// The `Data` is valid inside `body` only; a copy made there keeps nothing alive.
  public func withData<Result>(_ body: (Data) throws -> Result) rethrows -> Result {
    try withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, buffer.count > 0 else { return try body(Data()) }
      // `Data` wants a mutable pointer but only reads: a change would first copy (its owner is
      // `.none`). The bytes outlive `body`.
      let shared = unsafe Data(
        bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: buffer.count,
        deallocator: .none)
      return try body(shared)
    }
  }
}

extension [UInt8] {
  /// Lets `body` read the bytes.
  public func withRawSpan<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
    try body(span.bytes)
  }
}
