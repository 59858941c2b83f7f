/// Gives the elements of an expression whose parts have been made ready.
public protocol ElementSource: Sendable {
  /// Writes elements `range`, row-major and little-endian, to all of `span`.
  func fill(_ span: inout MutableRawSpan, elements range: Range<Int>) throws
}
