/// Why a draw cannot be made.
public struct RandomSamplingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The dialect has no such draw.
    public static let unavailableDraw = Code(name: "unavailableDraw")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The text for people.
  public var description: String { message }

  static func unavailableBounds(lower: Double, upper: Double) -> RandomSamplingError {
    RandomSamplingError(
      code: .unavailableDraw,
      message: """
        TensorFlow's truncated normal is cut off at -2 and 2 standard deviations, found \(lower) and \
        \(upper).
        Choose these bounds, or the dialect jax or pytorch.
        """)
  }

  static func unavailableKey(_ source: RandomSource) -> RandomSamplingError {
    let generator =
      switch source {
      case .philox: "TensorFlow's Philox"
      case .threefry: "JAX's Threefry"
      case .mersenneTwister: "PyTorch's MT19937"
      }
    return RandomSamplingError(
      code: .unavailableDraw,
      message: """
        This draw needs a key of JAX's Threefry, found a seed of \(generator).
        Declare the variable in the dialect jax.
        """)
  }
}
