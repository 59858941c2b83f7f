internal import Tensors
internal import VariableGraph

/// The numbers of inputs and outputs of one unit, read from a weight's shape by its axes.
///
/// With r = (product of all sizes) / in / out / batch: fanIn = in · r and fanOut = out · r, where in,
/// out and batch are the products of the sizes of their axes.
///
/// - Source: `_compute_fans` of JAX's `initializers.py`.
struct JAXFans: Sendable, Hashable {
  let fanIn: Double
  let fanOut: Double

  /// - Throws: `InitializerError.Code.unsuitableShape` when an axis is not one of the shape's, a size
  ///   is 0, or a vector has the default axes.
  init(_ shape: Shape, in inAxis: JAXAxes, out outAxis: JAXAxes, batch: JAXAxes, _ name: String)
    throws
  {
    if inAxis == .one(-2), shape.rank < 2 {
      throw InitializerError.unsuitableRank(
        name, shape: shape, needed: "at least two axes where in_axis is -2")
    }
    guard shape.elementCount > 0 else {
      throw InitializerError.unsuitableRank(name, shape: shape, needed: "sizes above 0")
    }
    func size(_ axes: JAXAxes) throws -> Double {
      try axes.list.reduce(1) { product, axis in
        let place = axis < 0 ? axis + shape.rank : axis
        guard shape.dimensions.indices.contains(place) else {
          throw InitializerError.unsuitableRank(
            name, shape: shape, needed: "enough axes for axis \(axis)")
        }
        return product * Double(shape.dimensions[place])
      }
    }
    let (inSize, outSize) = (try size(inAxis), try size(outAxis))
    let receptive = Double(shape.elementCount) / inSize / outSize / (try size(batch))
    fanIn = inSize * receptive
    fanOut = outSize * receptive
  }
}
