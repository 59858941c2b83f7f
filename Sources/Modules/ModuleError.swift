internal import VariableGraph

/// Why a model cannot be declared.
public struct ModuleError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// A member holds parameters and does not conform to `Variables`.
    public static let unmarkedMember = Code(name: "unmarkedMember")
    /// `memberNames` names a member that is not there.
    public static let unknownMember = Code(name: "unknownMember")
    /// A member is a reference to a variable that nothing declares.
    public static let unboundReference = Code(name: "unboundReference")
    /// A shared parameter does not have the shape that a layer needs.
    public static let sharedShape = Code(name: "sharedShape")
    /// A layer has no such form in the convention.
    public static let unsupportedLayer = Code(name: "unsupportedLayer")
    /// A size of a layer is not one.
    public static let invalidLayer = Code(name: "invalidLayer")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func unmarkedMember(_ name: String, type: Any.Type) -> ModuleError {
    ModuleError(
      code: .unmarkedMember,
      message: """
        Cannot declare "\(name)": it is of type \(type), which holds parameters and does not conform \
        to Variables.
        Write `struct \(type): Variables`.
        """)
  }

  static func unknownMember(_ name: String, of type: Any.Type, known: [String]) -> ModuleError {
    ModuleError(
      code: .unknownMember,
      message: """
        \(type).memberNames names a member "\(name)", which is not there; there are \
        \(known.joined(separator: ", ")).
        Correct the name.
        """)
  }

  static func unboundReference(_ name: String) -> ModuleError {
    ModuleError(
      code: .unboundReference,
      message: """
        Cannot declare "\(name)": it refers to a parameter that no member of the model declares.
        Let a member hold the parameter itself, or the layer that it is of; a layer's variables differ \
        from convention to convention.
        """)
  }

  static func sharedShape(_ name: String, needed: [Int], found: Variable) -> ModuleError {
    ModuleError(
      code: .sharedShape,
      message: """
        Cannot declare "\(name)" as the same variable as "\(found.name)": it needs the shape \
        \(needed), and that one has \(found.shape).
        Share parameters of equal layout only; PyTorch's linear layers and embeddings are [out, in], \
        Keras's and Flax's linear layers are [in, out].
        """)
  }

  static func unsupportedLayer(
    _ layer: String, _ path: String, in convention: LayerConvention, because reason: String
  ) -> ModuleError {
    ModuleError(
      code: .unsupportedLayer,
      message: """
        Cannot declare the layer "\(path)": \(layer) in the convention \(convention) \(reason).
        Declare it in parts, or with parameters of your own.
        """)
  }

  static func invalidLayer(
    _ layer: String, _ path: String, _ parameter: String, found: String, needed: String
  ) -> ModuleError {
    ModuleError(
      code: .invalidLayer,
      message: """
        Cannot declare the layer "\(path)": \(layer) has \(parameter) \(found), needed is \(needed).
        Correct the sizes.
        """)
  }
}
