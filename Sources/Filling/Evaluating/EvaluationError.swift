internal import Tensors

/// Why an expression that could be declared has no value.
public struct EvaluationError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// A number has no value in the integer dtype that it is cast to.
    public static let notRepresentable = Code(name: "notRepresentable")
    /// A matrix that is decomposed has NaN or infinite elements.
    public static let notFinite = Code(name: "notFinite")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func notRepresentable(_ value: Double, _ type: ScalarType) -> EvaluationError {
    EvaluationError(
      code: .notRepresentable,
      message: """
        The number \(value) has no value in the dtype \(type) that it is cast to.
        Choose a dtype that holds it, or scale it before.
        """)
  }

  static func notFinite(_ factorization: Factorization) -> EvaluationError {
    let name =
      switch factorization {
      case .qr: "QR"
      case .svd: "singular value"
      }
    return EvaluationError(
      code: .notFinite,
      message: """
        A matrix with NaN or infinite elements has no \(name) decomposition.
        Check what it is made of; `nascent show` counts such elements.
        """)
  }
}
