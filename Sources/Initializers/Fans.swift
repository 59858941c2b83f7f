public import Tensors

/// The numbers of inputs and outputs of one unit, read from a weight's shape `[…, in, out]`.
///
/// fanIn = shape[−2] · r and fanOut = shape[−1] · r, where r is the product of the dimensions before
/// them. A vector of n has both n; a scalar has both 1.
///
/// - Source: `_compute_fans` of TensorFlow's `init_ops_v2.py`.
public struct Fans: Sendable, Hashable {
  /// Inputs of one unit.
  public let fanIn: Double
  /// Outputs of one unit.
  public let fanOut: Double

  /// Fans that are counted otherwise.
  init(fanIn: Double, fanOut: Double) {
    self.fanIn = fanIn
    self.fanOut = fanOut
  }

  /// Reads the fans of a shape; they are doubles, so that they cannot overflow.
  public init(of shape: Shape) {
    let sizes = shape.dimensions.map(Double.init)
    switch sizes.count {
    case 0: (fanIn, fanOut) = (1, 1)
    case 1: (fanIn, fanOut) = (sizes[0], sizes[0])
    default:
      let receptive = sizes.dropLast(2).reduce(1, *)
      fanIn = sizes[sizes.count - 2] * receptive
      fanOut = sizes[sizes.count - 1] * receptive
    }
  }
}
