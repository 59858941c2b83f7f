internal import Tensors
internal import VariableGraph

extension InitializerError {
  /// An axis of a layout is not one of the shape, or has two meanings.
  static func axisOutOfRange(_ className: String, axis: Int, shape: Shape) -> InitializerError {
    InitializerError(
      code: .unsuitableShape,
      message: """
        \(className) has a layout with axis \(axis), which shape \(shape) does not have, or has for \
        another meaning.
        Correct the layout's axes, or the shape.
        """)
  }

  /// Groups or packed parts do not divide the channels.
  static func indivisible(
    _ className: String, shape: Shape, size: Int, by parts: String
  ) -> InitializerError {
    InitializerError(
      code: .unsuitableShape,
      message: """
        \(className) has a layout of \(parts), which do not divide the \(size) channels of shape \
        \(shape).
        Correct the layout, or the shape.
        """)
  }

  /// A shape has a property that does not fit.
  static func unsuitableShape(
    _ className: String, shape: Shape, needed: String
  ) -> InitializerError {
    InitializerError(
      code: .unsuitableShape,
      message: """
        \(className) needs \(needed), found shape \(shape).
        Choose such a shape, or another initializer.
        """)
  }
}
