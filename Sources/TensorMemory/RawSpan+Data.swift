public import Foundation

extension RawSpan {
  /// A copy of the bytes.
  public var data: Data { withUnsafeBytes { Data($0) } }
}

extension MutableRawSpan {
  /// Copies as many bytes of `data` as fit to the start of the span.
  public mutating func copy(_ data: Data) {
    withUnsafeMutableBytes { target in
      _ = data.withUnsafeBytes { source in
        unsafe target.copyBytes(from: source.prefix(target.count))
      }
    }
  }
}
