public import Tensors

extension Expression: ExpressibleByStringLiteral {
  /// The value of the variable of that full name.
  public init(stringLiteral name: String) { self.init(.variable(name)) }

  /// The value of the variable of that full name.
  public static func value(_ name: String) -> Expression { Expression(.variable(name)) }

  /// A copy: one value under two names that are stored apart. `tie` gives one value two names.
  public static func copy(_ name: String) -> Expression { value(name) }

  /// A variable with its axes reversed, such as a matrix on its side.
  public static func transpose(_ name: String) -> Expression { value(name).transposed() }

  /// Zeros in the shape and dtype of a variable, as an optimizer's slots are.
  public static func zeros(like name: String) -> Expression {
    Expression(.zerosLike, .value(name))
  }

  /// Ones in the shape and dtype of a variable.
  public static func ones(like name: String) -> Expression { Expression(.onesLike, .value(name)) }

  /// One number, rounded to a dtype.
  ///
  /// - Throws: `ExpressionError.Code.unsuitableScalarType` where an integer dtype cannot hold it.
  public static func constant(_ value: Double, as scalarType: ScalarType = .float32) throws
    -> Expression
  {
    Expression(.constant(try ExpressionConstant(value, as: scalarType)))
  }

  /// A small tensor, written as nested lists of numbers: `.constant([[1, 0], [0, 1]])`.
  ///
  /// - Throws: As `ExpressionConstant.init(_:as:)`.
  public static func constant(_ values: JSONValue, as scalarType: ScalarType = .float32) throws
    -> Expression
  {
    Expression(.constant(try ExpressionConstant(values, as: scalarType)))
  }

  /// Expressions one after another along an axis.
  public static func concatenate(_ parts: [Expression], axis: Int = 0) -> Expression {
    Expression(.operation(.concatenate(axis: axis), parts))
  }

  /// Expressions of one shape along a new axis.
  public static func stack(_ parts: [Expression], axis: Int = 0) -> Expression {
    Expression(.operation(.stack(axis: axis), parts))
  }

  /// The product of two matrices.
  public static func matmul(_ left: Expression, _ right: Expression) -> Expression {
    Expression(.matmul, left, right)
  }

  /// The sum; a sum of sums is one sum from left to right.
  public static func + (left: Expression, right: Expression) -> Expression {
    if case .operation(.add, let operands) = left.node {
      return Expression(.operation(.add, operands + [right]))
    }
    return Expression(.add, left, right)
  }

  /// The difference.
  public static func - (left: Expression, right: Expression) -> Expression {
    Expression(.subtract, left, right)
  }

  /// The product, element by element; a product of products is one from left to right.
  public static func * (left: Expression, right: Expression) -> Expression {
    if case .operation(.multiply, let operands) = left.node {
      return Expression(.operation(.multiply, operands + [right]))
    }
    return Expression(.multiply, left, right)
  }

  /// The quotient, element by element.
  public static func / (left: Expression, right: Expression) -> Expression {
    Expression(.divide, left, right)
  }

  /// The negative.
  public static prefix func - (operand: Expression) -> Expression { Expression(.negate, operand) }

  /// The product with a number.
  public func scaled(by factor: Double) -> Expression { Expression(.scale(factor), self) }

  /// The square root.
  public func squareRoot() -> Expression { Expression(.squareRoot, self) }

  /// The same in another dtype.
  public func cast(to scalarType: ScalarType) -> Expression { Expression(.cast(scalarType), self) }

  /// The same elements in another shape.
  public func reshaped(to shape: [Int]) -> Expression { Expression(.reshape(shape), self) }

  /// The axes in another order: axis *i* of the result is `axes[i]`; all reversed where none are given.
  public func transposed(_ axes: [Int]? = nil) -> Expression { Expression(.transpose(axes), self) }

  /// Some places of one axis.
  public func sliced(_ range: Range<Int>, axis: Int = 0, step: Int = 1) -> Expression {
    Expression(.slice([ExpressionOperation.AxisRange(axis: axis, range, step: step)]), self)
  }

  /// Some places of some axes.
  public func sliced(_ ranges: [ExpressionOperation.AxisRange]) -> Expression {
    Expression(.slice(ranges), self)
  }

  /// A number before and after the places of some axes.
  public func padded(_ paddings: [ExpressionOperation.AxisPadding], with value: Double = 0)
    -> Expression
  {
    Expression(.pad(paddings, value), self)
  }

  /// A larger shape, by repeating axes of size 1 and adding axes before.
  public func broadcast(to shape: [Int]) -> Expression { Expression(.broadcast(shape), self) }

  /// Each place of an axis several times in a row.
  public func repeated(_ count: Int, axis: Int = 0) -> Expression {
    Expression(.repeat(count: count, axis: axis), self)
  }

  /// √ Σ x² over some axes, which stay with size 1: `norm(axes: [1])` is that of each row of a matrix.
  public func norm(axes: [Int]) -> Expression { Expression(.norm(axes), self) }

  /// The two factors of the QR decomposition of a matrix.
  public var qr: (q: Expression, r: Expression) {
    (Expression(.qrQ, self), Expression(.qrR, self))
  }

  /// The three factors of the singular value decomposition of a matrix.
  public var svd: (u: Expression, s: Expression, vt: Expression) {
    (Expression(.svdU, self), Expression(.svdS, self), Expression(.svdVt, self))
  }
}
