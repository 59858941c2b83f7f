public import Foundation

extension RawSpan {
  /// A copy of the bytes.
  public var data: Data { withUnsafeBytes { Data($0) } }
}
