internal import Tensors
internal import VariableGraph

/// The numbers of inputs and outputs of one unit, read from a weight's shape `[out, in, …]`.
///
/// fanIn = shape[1] · r and fanOut = shape[0] · r, where r is the product of the dimensions after
/// them.
///
/// - Source: `_calculate_fan_in_and_fan_out` of `torch/nn/init.py`.
struct TorchFans: Sendable, Hashable {
  /// Inputs of one unit.
  let fanIn: Double
  /// Outputs of one unit.
  let fanOut: Double

  /// Reads the fans of a shape of two or more axes; they are doubles, so that they cannot overflow.
  init(of shape: Shape) {
    let sizes = shape.dimensions.map(Double.init)
    let receptive = sizes.dropFirst(2).reduce(1, *)
    fanIn = (sizes.count > 1 ? sizes[1] : 1) * receptive
    fanOut = (sizes.first ?? 1) * receptive
  }

  /// - Throws: `InitializerError.Code.unsuitableShape` for fewer than two axes.
  static func check(_ shape: Shape, for className: String) throws {
    guard shape.rank >= 2 else {
      throw InitializerError.unsuitableRank(className, shape: shape, needed: "at least two axes")
    }
  }
}
