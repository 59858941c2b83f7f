public import VariableGraph

extension Initializer where Self == JAXVarianceScalingInitializer {
  /// JAX's samples from U[−limit, limit), limit = √(6 / (fanIn + fanOut)).
  ///
  /// - Source: `jax.nn.initializers.glorot_uniform`.
  public static func jaxGlorotUniform(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("glorot_uniform", inAxis, outAxis, batchAxis, seed) }

  /// JAX's samples from a truncated normal of deviation √(2 / (fanIn + fanOut)).
  ///
  /// - Source: `jax.nn.initializers.glorot_normal`.
  public static func jaxGlorotNormal(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("glorot_normal", inAxis, outAxis, batchAxis, seed) }

  /// JAX's samples from U[−limit, limit), limit = √(6 / fanIn).
  ///
  /// - Source: `jax.nn.initializers.he_uniform`.
  public static func jaxHeUniform(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("he_uniform", inAxis, outAxis, batchAxis, seed) }

  /// JAX's samples from a truncated normal of deviation √(2 / fanIn).
  ///
  /// - Source: `jax.nn.initializers.he_normal`.
  public static func jaxHeNormal(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("he_normal", inAxis, outAxis, batchAxis, seed) }

  /// JAX's samples from U[−limit, limit), limit = √(3 / fanIn).
  ///
  /// - Source: `jax.nn.initializers.lecun_uniform`.
  public static func jaxLecunUniform(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("lecun_uniform", inAxis, outAxis, batchAxis, seed) }

  /// JAX's samples from a truncated normal of deviation √(1 / fanIn).
  ///
  /// - Source: `jax.nn.initializers.lecun_normal`.
  public static func jaxLecunNormal(
    inAxis: JAXAxes = -2, outAxis: JAXAxes = -1, batchAxis: JAXAxes = [], seed: Int64? = nil
  ) -> Self { .preset("lecun_normal", inAxis, outAxis, batchAxis, seed) }
}

extension JAXVarianceScalingInitializer {
  /// The functions that are this one with other arguments.
  static let presets: [String: (scale: Double, mode: Mode, distribution: Distribution)] = [
    "glorot_uniform": (1, .fanAverage, .uniform),
    "glorot_normal": (1, .fanAverage, .truncatedNormal),
    "he_uniform": (2, .fanIn, .uniform),
    "he_normal": (2, .fanIn, .truncatedNormal),
    "lecun_uniform": (1, .fanIn, .uniform),
    "lecun_normal": (1, .fanIn, .truncatedNormal),
  ]

  /// One of `presets` by its name.
  static func preset(
    _ function: String, _ inAxis: JAXAxes, _ outAxis: JAXAxes, _ batchAxis: JAXAxes,
    _ seed: Int64?
  ) -> Self {
    guard let (scale, mode, distribution) = presets[function] else {
      preconditionFailure("\(function) is one of the presets")
    }
    return Self(
      function: function, scale, mode, distribution, inAxis, outAxis, batchAxis, seed)
  }
}
