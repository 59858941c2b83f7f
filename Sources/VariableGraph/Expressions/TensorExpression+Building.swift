public import Tensors

extension TensorExpression: ExpressibleByStringLiteral {
  /// The value of the variable of that full name.
  public init(stringLiteral name: String) { self.init(.variable(name)) }

  /// The value of the variable of that full name.
  public static func value(_ name: String) -> TensorExpression { TensorExpression(.variable(name)) }

  /// A copy: one value under two names that are stored apart. `tie` gives one value two names.
  public static func copy(_ name: String) -> TensorExpression { value(name) }

  /// A variable with its axes reversed, such as a matrix on its side.
  public static func transpose(_ name: String) -> TensorExpression { value(name).transposed() }

  /// Zeros in the shape and dtype of a variable, as an optimizer's slots are.
  public static func zeros(like name: String) -> TensorExpression {
    TensorExpression(.zerosLike, .value(name))
  }

  /// Ones in the shape and dtype of a variable.
  public static func ones(like name: String) -> TensorExpression {
    TensorExpression(.onesLike, .value(name))
  }

  /// A number, or a small tensor as nested lists of numbers: `.constant(0.5)`, `.constant([[1, 0], [0, 1]])`.
  ///
  /// - Throws: As `ExpressionConstant.init(_:as:)`.
  public static func constant(_ values: JSONValue, as scalarType: ScalarType = .float32) throws
    -> TensorExpression
  {
    TensorExpression(.constant(try ExpressionConstant(values, as: scalarType)))
  }

  /// Expressions one after another along an axis.
  public static func concatenate(_ parts: [TensorExpression], axis: Int = 0) -> TensorExpression {
    TensorExpression(.operation(.concatenate(axis: axis), parts))
  }

  /// Expressions of one shape along a new axis.
  public static func stack(_ parts: [TensorExpression], axis: Int = 0) -> TensorExpression {
    TensorExpression(.operation(.stack(axis: axis), parts))
  }

  /// The product of two matrices.
  public static func matmul(_ left: TensorExpression, _ right: TensorExpression) -> TensorExpression
  {
    TensorExpression(.matmul, left, right)
  }

  /// The sum; a sum of sums is one sum from left to right.
  public static func + (left: TensorExpression, right: TensorExpression) -> TensorExpression {
    if case .operation(.add, let operands) = left.node {
      return TensorExpression(.operation(.add, operands + [right]))
    }
    return TensorExpression(.add, left, right)
  }

  /// The difference.
  public static func - (left: TensorExpression, right: TensorExpression) -> TensorExpression {
    TensorExpression(.subtract, left, right)
  }

  /// The product, element by element; a product of products is one from left to right.
  public static func * (left: TensorExpression, right: TensorExpression) -> TensorExpression {
    if case .operation(.multiply, let operands) = left.node {
      return TensorExpression(.operation(.multiply, operands + [right]))
    }
    return TensorExpression(.multiply, left, right)
  }

  /// The quotient, element by element.
  public static func / (left: TensorExpression, right: TensorExpression) -> TensorExpression {
    TensorExpression(.divide, left, right)
  }

  /// The negative.
  public static prefix func - (operand: TensorExpression) -> TensorExpression {
    TensorExpression(.negate, operand)
  }

  /// The product with a number.
  public func scaled(by factor: Double) -> TensorExpression {
    TensorExpression(.scale(factor), self)
  }

  /// The square root.
  public func squareRoot() -> TensorExpression { TensorExpression(.squareRoot, self) }

  /// The same in another dtype.
  public func cast(to scalarType: ScalarType) -> TensorExpression {
    TensorExpression(.cast(scalarType), self)
  }

  /// The same elements in another shape.
  public func reshaped(to shape: [Int]) -> TensorExpression {
    TensorExpression(.reshape(shape), self)
  }

  /// The axes in another order: axis *i* of the result is `axes[i]`; all reversed where none are given.
  public func transposed(_ axes: [Int]? = nil) -> TensorExpression {
    TensorExpression(.transpose(axes), self)
  }

  /// Some places of one axis.
  public func sliced(_ range: Range<Int>, axis: Int = 0, step: Int = 1) -> TensorExpression {
    TensorExpression(.slice([ExpressionOperation.AxisRange(axis: axis, range, step: step)]), self)
  }

  /// Some places of some axes.
  public func sliced(_ ranges: [ExpressionOperation.AxisRange]) -> TensorExpression {
    TensorExpression(.slice(ranges), self)
  }

  /// A number before and after the places of some axes.
  public func padded(_ paddings: [ExpressionOperation.AxisPadding], with value: Double = 0)
    -> TensorExpression
  {
    TensorExpression(.pad(paddings, value), self)
  }

  /// A larger shape, by repeating axes of size 1 and adding axes before.
  public func broadcast(to shape: [Int]) -> TensorExpression {
    TensorExpression(.broadcast(shape), self)
  }

  /// Each place of an axis several times in a row.
  public func repeated(_ count: Int, axis: Int = 0) -> TensorExpression {
    TensorExpression(.repeat(count: count, axis: axis), self)
  }

  /// √ Σ x² over some axes, which stay with size 1: `norm(axes: [1])` is that of each row of a matrix.
  public func norm(axes: [Int]) -> TensorExpression { TensorExpression(.norm(axes), self) }

  /// The two factors of the QR decomposition of a matrix.
  public var qr: (q: TensorExpression, r: TensorExpression) {
    (TensorExpression(.qrQ, self), TensorExpression(.qrR, self))
  }

  /// The three factors of the singular value decomposition of a matrix.
  public var svd: (u: TensorExpression, s: TensorExpression, vt: TensorExpression) {
    (TensorExpression(.svdU, self), TensorExpression(.svdS, self), TensorExpression(.svdVt, self))
  }
}
