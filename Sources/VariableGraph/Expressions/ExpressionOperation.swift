public import Tensors

/// An operation of an expression. Axes count from the end where they are negative.
///
/// Floating-point results are rounded to their dtype after each operation, 16-bit ones once from
/// float32; a NaN that arithmetic gives is the positive quiet one. Integers wrap, as NumPy's do.
public enum ExpressionOperation: Sendable, Hashable {
  /// Another dtype. Floating-point numbers are rounded to nearest, ties to even; they become integers
  /// towards zero, and a number without a value in the integer dtype is an error; integers become
  /// integers of fewer bits modulo 2ⁿ, and 16-bit numbers by way of float32; `bool` is whether it is
  /// not zero.
  case cast(ScalarType)
  /// The product with a number that is first rounded to the dtype, a floating-point one.
  case scale(Double)
  /// The negative. Not for `bool`.
  case negate
  /// The square root. For floating-point dtypes.
  case squareRoot
  /// The sum of two operands or more, from the first to the last. Not for `bool`.
  case add
  /// The first operand minus the second. Not for `bool`.
  case subtract
  /// The product of two operands or more, element by element, from the first to the last. Not for `bool`.
  case multiply
  /// The quotient of two operands. For floating-point dtypes.
  case divide
  /// Another shape of as many elements, in row-major order.
  case reshape([Int])
  /// Axis *i* of the result is axis `axes[i]` of the operand; all axes reversed where there are none.
  case transpose([Int]?)
  /// Some places of some axes.
  case slice([AxisRange])
  /// The operands one after another along an axis.
  case concatenate(axis: Int)
  /// Operands of one shape along a new axis.
  case stack(axis: Int)
  /// A number before and after the places of some axes.
  case pad([AxisPadding], Double)
  /// A larger shape; axes are aligned at the end, and axes of size 1 repeat their one place.
  case broadcast([Int])
  /// Each place of an axis several times in a row, as NumPy's `repeat`.
  case `repeat`(count: Int, axis: Int)
  /// √ Σ x² over some axes, which stay with size 1. The sum runs over the elements in row-major order,
  /// in float64; the root is rounded once. For floating-point dtypes.
  case norm([Int])
  /// The product of two matrices. Each element is the sum over the inner axis from 0 on, in float64
  /// with a rounding after each operation, rounded once to the dtype. For floating-point dtypes.
  case matmul
  /// q of the reduced QR decomposition whose r has no negative number on its diagonal, by Householder's
  /// reflections in float32, or float64 for that dtype. Where r has 0 on the diagonal, q's column is 0.
  case qrQ
  /// r of that decomposition: qᵀ · a as `matmul` computes it, 0 below the diagonal.
  case qrR
  /// u of the reduced singular value decomposition, by one-sided Jacobi rotations in float64: singular
  /// values from large to small, and in each column of u the first of the largest numbers positive.
  case svdU
  /// The singular values of that decomposition.
  case svdS
  /// vᵀ of that decomposition.
  case svdVt
  /// Zeros in the shape and dtype of the operand, whose values are not made.
  case zerosLike
  /// Ones in the shape and dtype of the operand, whose values are not made.
  case onesLike

  /// True where the result does not depend on the operand's values.
  var readsShapeOnly: Bool { self == .zerosLike || self == .onesLike }

  /// Places of one axis: `lower`, `lower + step` and so on below `upper`.
  public struct AxisRange: Sendable, Hashable {
    /// The axis.
    public var axis: Int
    /// The first place.
    public var lower: Int
    /// The end, which is not part of it.
    public var upper: Int
    /// From one place to the next, 1 or more.
    public var step: Int

    /// A range of an axis.
    public init(axis: Int, _ range: Range<Int>, step: Int = 1) {
      self.init(axis: axis, lower: range.lowerBound, upper: range.upperBound, step: step)
    }

    init(axis: Int, lower: Int, upper: Int, step: Int) {
      self.axis = axis
      self.lower = lower
      self.upper = upper
      self.step = step
    }
  }

  /// How many places are added to an axis.
  public struct AxisPadding: Sendable, Hashable {
    /// The axis.
    public var axis: Int
    /// Places before the first.
    public var before: Int
    /// Places after the last.
    public var after: Int

    /// A padding of an axis.
    public init(axis: Int, before: Int = 0, after: Int = 0) {
      self.axis = axis
      self.before = before
      self.after = after
    }
  }
}
