internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a matrix with gain on its diagonal and gain · 0 elsewhere.
///
/// - Shape: rank 2, square or not.
/// - Determinism: draws nothing.
/// - Source: `tf.keras.initializers.Identity`.
public struct IdentityInitializer: Initializer {
  /// The value of the diagonal, finite.
  public let gain: Double

  /// - Parameter gain: Finite.
  public init(gain: Double = 1) { self.gain = gain }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "Identity", config: ["gain": .double(gain)])
  }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: "Identity")
    guard shape.rank == 2 else {
      throw InitializerError.unsuitableRank("Identity", shape: shape, needed: "two axes")
    }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let columns = target.shape.dimensions[1]
    let format = try target.scalarType.floatingFormat(for: "Identity")
    let rounded = format.parameter(gain)
    let gain = target.dialect.framework == .jax ? format.product(rounded, 1) : rounded
    // gain · 0 is −0 for a negative gain, as TensorFlow's product with the unit matrix gives it.
    let zero = gain * 0
    for (place, index) in range.enumerated() {
      let isDiagonal = index / columns == index % columns
      _ = ScalarCoding.store(
        isDiagonal ? gain : zero, in: &span, at: place, as: target.scalarType)
    }
  }
}

extension Initializer where Self == IdentityInitializer {
  /// gain on the diagonal, 0 elsewhere.
  public static func identity(gain: Double = 1) -> Self { .init(gain: gain) }
}
