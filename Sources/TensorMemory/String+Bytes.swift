#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Texts as their UTF-8, compared and hashed where it lies; a `String` alone holds texts for equal that
/// are composed of other characters.
extension String {
  /// True where the UTF-8 of both texts is the same.
  package func hasBytes(of other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    return order(of: other) == 0
  }

  /// True where the UTF-8 of this text comes before that of the other.
  package func hasBytes(before other: String) -> Bool {
    let order = order(of: other)
    return order == 0 ? utf8.count < other.utf8.count : order < 0
  }

  /// Feeds the UTF-8 to a hasher, and an end that no text has.
  package func hashBytes(into hasher: inout Hasher) {
    let isDone: Void? = utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isDone == nil {
      // A text that another system's framework keeps in another encoding.
      Array(utf8).withUnsafeBytes { hasher.combine(bytes: $0) }
    }
    hasher.combine(0xFF as UInt8)
  }

  /// Negative, 0 or positive as the shorter text's bytes are less than, equal to or more than as many of the
  /// other.
  private func order(of other: String) -> Int32 {
    let order = utf8.withContiguousStorageIfAvailable { left in
      other.utf8.withContiguousStorageIfAvailable { right -> Int32 in
        let count = min(left.count, right.count)
        guard count > 0, let left = left.baseAddress, let right = right.baseAddress else {
          return 0
        }
        // Both buffers have `count` bytes and are alive inside the closures.
        return memcmp(left, right, count)
      }
    }
    if let order = order ?? nil { return order }
    for (left, right) in zip(utf8, other.utf8) where left != right { return left < right ? -1 : 1 }
    return 0
  }
}
