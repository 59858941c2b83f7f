internal import Tensors

/// A step that was made as a whole: its tensor, or the factors of a decomposition.
struct HeldValue: Sendable {
  let tensors: [Tensor]

  var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
}
