public import Tensors

/// A rank's slice of a stored variable, and how much of it was compared with digests.
public struct CheckedSlice: Sendable {
  /// The slice.
  public let tensor: Tensor
  /// The bytes that were compared: all of a slice that was read or cut from a whole, and of one that was made
  /// from a recipe those in subtrees of 64 MiB that lie in it whole.
  public let checkedByteCount: Int
}
