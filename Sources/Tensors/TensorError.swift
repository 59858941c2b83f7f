/// Why a shape or a tensor could not be made or read.
public struct TensorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// A dimension is negative.
    public static let negativeDimension = Code(name: "negativeDimension")
    /// The number of elements or bytes is not a 64-bit integer.
    public static let tooLarge = Code(name: "tooLarge")
    /// A shape has more axes than any tool reads.
    public static let tooManyAxes = Code(name: "tooManyAxes")
    /// There is not one value for each element.
    public static let wrongValueCount = Code(name: "wrongValueCount")
    /// A tensor was read as another type than its own.
    public static let wrongScalarType = Code(name: "wrongScalarType")
    /// A value cannot be converted to another type without being another value.
    public static let notRepresentable = Code(name: "notRepresentable")
    /// Axes to transpose by are not the tensor's axes in another order.
    public static let wrongAxes = Code(name: "wrongAxes")
    /// A range reaches outside the tensor.
    public static let rangeOutOfBounds = Code(name: "rangeOutOfBounds")
    /// A tensor has no such axis.
    public static let axisOutOfBounds = Code(name: "axisOutOfBounds")
    /// A digest's text is not 64 hexadecimal digits.
    public static let malformedDigest = Code(name: "malformedDigest")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func negativeDimension(_ dimensions: [Int], axis: Int) -> TensorError {
    TensorError(
      code: .negativeDimension,
      message: """
        Shape \(Shape.text(dimensions)) has the negative size \(dimensions[axis]) at axis \(axis).
        Give every axis a size of 0 or more.
        """)
  }

  static func tooManyElements(_ dimensions: [Int]) -> TensorError {
    TensorError(
      code: .tooLarge,
      message: """
        Shape \(Shape.text(dimensions)) has more than 2^63 - 1 elements.
        Check the sizes; no machine can hold such a tensor.
        """)
  }

  static func tooManyAxes(_ count: Int) -> TensorError {
    TensorError(
      code: .tooManyAxes,
      message: """
        A shape of \(count) axes is refused: TensorFlow, and so Nascent, has at most \
        \(Shape.maximumRank).
        Merge axes.
        """)
  }

  static func wrongValueCount(_ shape: Shape, found: Int) -> TensorError {
    TensorError(
      code: .wrongValueCount,
      message: """
        A tensor of shape \(shape) needs \(shape.elementCount) values, found \(found).
        Give one value for each element, in row-major order.
        """)
  }

  static func tooManyBytes(_ shape: Shape, _ type: ScalarType) -> TensorError {
    TensorError(
      code: .tooLarge,
      message: """
        A \(type) tensor of shape \(shape) has more than 2^63 - 1 bytes: \
        \(shape.elementCount) elements of \(type.byteCount) bytes.
        Check the sizes; no machine can hold such a tensor.
        """)
  }

  static func wrongScalarType(found: ScalarType, asked: ScalarType) -> TensorError {
    TensorError(
      code: .wrongScalarType,
      message: """
        Cannot read a \(found) tensor as \(asked): values are never cast silently.
        Read it as \(found), or use doubles(), which converts every type.
        """)
  }

  static func wrongScalarType(found: ScalarType, changedAs asked: ScalarType) -> TensorError {
    TensorError(
      code: .wrongScalarType,
      message: """
        Cannot change a \(found) tensor as \(asked): values are never cast silently.
        Change it as \(found); one of float16, bfloat16 or bool as bytes.
        """)
  }

  static func notRepresentable(_ value: String, at index: Int, in type: ScalarType) -> TensorError {
    TensorError(
      code: .notRepresentable,
      message: """
        Element \(index) is \(value), which \(type) cannot hold: only floating-point numbers are rounded, \
        and only inside the range of their type.
        Keep the type, or choose one that can hold every element.
        """)
  }

  static func wrongAxes(_ axes: [Int], _ shape: Shape) -> TensorError {
    TensorError(
      code: .wrongAxes,
      message: """
        Cannot transpose a tensor of shape \(shape) by the axes \(Shape.text(axes)).
        Name each of the axes 0..<\(shape.rank) once, in their new order.
        """)
  }

  /// A range reaches outside a tensor.
  package static func rangeOutOfBounds(_ range: Range<Int>, elementCount: Int) -> TensorError {
    TensorError(
      code: .rangeOutOfBounds,
      message: """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside a tensor of \
        \(elementCount) elements.
        Ask for a range inside 0..<\(elementCount).
        """)
  }

  static func axisOutOfBounds(_ axis: Int, _ shape: Shape) -> TensorError {
    let axes =
      shape.rank == 0
      ? "it is a scalar" : "its axes are 0 to \(shape.rank - 1), or -\(shape.rank) to -1"
    return TensorError(
      code: .axisOutOfBounds,
      message: """
        Cannot cut a tensor of shape \(shape) along axis \(axis): \(axes).
        Name one of its axes; what has none is the same on every rank.
        """)
  }

  static func malformedDigest(_ text: String) -> TensorError {
    TensorError(
      code: .malformedDigest,
      message: """
        "\(text.prefix(80))" is not a SHA-256 digest: it needs 64 hexadecimal digits.
        Copy the whole digest.
        """)
  }
}
