public import Tensors

/// Why an initializer cannot be made, or cannot fill a variable.
public struct InitializerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The dtype is not one that the initializer can fill.
    public static let unsuitableScalarType = Code(name: "unsuitableScalarType")
    /// The shape has the wrong rank, or another property that does not fit.
    public static let unsuitableShape = Code(name: "unsuitableShape")
    /// A parameter is out of its range, or of the wrong kind.
    public static let invalidParameter = Code(name: "invalidParameter")
    /// No initializer has this name.
    public static let unknownClass = Code(name: "unknownClass")
    /// A config object is not of the right form.
    public static let malformedConfiguration = Code(name: "malformedConfiguration")
    /// It does not say what it draws from a sequential stream.
    public static let unknownDraws = Code(name: "unknownDraws")
    /// An expression is filled without a runtime.
    public static let needsRuntime = Code(name: "needsRuntime")
    /// The value came from a file and cannot be made.
    public static let notRegenerable = Code(name: "notRegenerable")
    /// A failure of an initializer outside this library.
    public static let custom = Code(name: "custom")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  /// A failure of an initializer of your own.
  ///
  /// - Parameter code: What kind of failure this is.
  /// - Parameter message: What is wrong, the values, and what to do; it follows "Cannot declare
  ///   …:".
  public init(code: Code = .custom, message: String) {
    self.code = code
    self.message = message
  }

  /// The dtype cannot be filled.
  public static func unsuitableScalarType(
    _ className: String, found: ScalarType, allowed: [ScalarType]
  ) -> InitializerError {
    let list = allowed.map(\.rawValue).joined(separator: ", ")
    return InitializerError(
      code: .unsuitableScalarType,
      message: """
        \(className) cannot make dtype \(found); it makes \(list).
        Choose one of these dtypes, or another initializer.
        """)
  }

  /// The rank cannot be filled.
  public static func unsuitableRank(
    _ className: String, shape: Shape, needed: String
  ) -> InitializerError {
    InitializerError(
      code: .unsuitableShape,
      message: """
        \(className) needs a shape of \(needed), found \(shape) of rank \(shape.rank).
        Choose such a shape, or another initializer.
        """)
  }

  /// A list of constants does not have one value for each element.
  public static func wrongValueCount(
    _ className: String, shape: Shape, found: Int
  ) -> InitializerError {
    InitializerError(
      code: .unsuitableShape,
      message: """
        \(className) has a list of \(found) values, and shape \(shape) needs \
        \(shape.elementCount).
        Give one value, or one for each element in row-major order.
        """)
  }

  /// A constant is not a value of the dtype.
  public static func valueNotRepresentable(
    _ className: String, value: String, scalarType: ScalarType
  ) -> InitializerError {
    InitializerError(
      code: .unsuitableScalarType,
      message: """
        \(className) has the value \(value), which is not a value of dtype \(scalarType).
        Choose a value that the dtype holds, or another dtype.
        """)
  }

  /// A parameter is out of its range.
  public static func invalidParameter(
    _ className: String, _ parameter: String, found: String, needed: String
  ) -> InitializerError {
    InitializerError(
      code: .invalidParameter,
      message: """
        \(className) needs \(parameter) to be \(needed), found \(found).
        Correct the parameter.
        """)
  }

  /// A parameter does not exist.
  public static func unknownParameter(
    _ className: String, _ parameter: String, known: [String]
  ) -> InitializerError {
    InitializerError(
      code: .invalidParameter,
      message: """
        \(className) has no parameter "\(parameter)"; \
        \(known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))").
        Remove it or correct its name.
        """)
  }

  /// An initializer does not say what it draws from a sequential stream.
  static func unknownDraws(_ className: String) -> InitializerError {
    InitializerError(
      code: .unknownDraws,
      message: """
        \(className) does not say what it draws, and in the dialect pytorch the next variable's values \
        depend on it.
        Add sequentialDraws(_:_:) to it, give it a seed of its own, or choose another dialect.
        """)
  }

  /// An expression's inputs are not there.
  static func needsRuntime(_ variable: String) -> InitializerError {
    InitializerError(
      code: .needsRuntime,
      message: """
        The value of "\(variable)" is an expression over other variables, which are not given.
        Ask a Runtime for it, or give the FillTarget a source.
        """)
  }

  /// A value came from a file, and there is no file to read it from.
  public static func notRegenerable(
    _ tensor: String, format: String, digest: Digest
  ) -> InitializerError {
    InitializerError(
      code: .notRegenerable,
      message: """
        Its value was imported: tensor "\(tensor.shown)" of a \(format) file, with SHA-256 \
        \(digest.hex); it cannot be made.
        Import the file again with `nascent import`.
        """)
  }

  /// No initializer has this name.
  public static func unknownClass(_ name: String, known: [String]) -> InitializerError {
    InitializerError(
      code: .unknownClass,
      message: """
        There is no initializer "\(name.shown)"; there are \
        \(known.joined(separator: ", ")).
        Correct the name, or register an initializer of your own.
        """)
  }

  /// A config object has the wrong form.
  public static func malformedConfiguration(_ found: String) -> InitializerError {
    InitializerError(
      code: .malformedConfiguration,
      message: """
        \(found.shown) is not an initializer: it is neither a name nor a config object.
        Write "he_uniform", or {"class_name": "HeUniform", "config": {"seed": 7}}.
        """)
  }
}
