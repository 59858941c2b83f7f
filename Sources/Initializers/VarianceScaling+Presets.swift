public import VariableGraph

extension Initializer where Self == VarianceScalingInitializer {
  /// Samples from U[−limit, limit), limit = √(6 / (fanIn + fanOut)).
  ///
  /// - Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
  ///   neural networks".
  public static func glorotUniform(seed: Int64? = nil) -> Self {
    .init(preset: "GlorotUniform", 1, .fanAverage, .uniform, seed)
  }

  /// Samples from a truncated normal of deviation √(2 / (fanIn + fanOut)).
  ///
  /// - Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
  ///   neural networks".
  public static func glorotNormal(seed: Int64? = nil) -> Self {
    .init(preset: "GlorotNormal", 1, .fanAverage, .truncatedNormal, seed)
  }

  /// Samples from U[−limit, limit), limit = √(6 / fanIn).
  ///
  /// - Source: He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers".
  public static func heUniform(seed: Int64? = nil) -> Self {
    .init(preset: "HeUniform", 2, .fanIn, .uniform, seed)
  }

  /// Samples from a truncated normal of deviation √(2 / fanIn).
  ///
  /// - Source: He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers".
  public static func heNormal(seed: Int64? = nil) -> Self {
    .init(preset: "HeNormal", 2, .fanIn, .truncatedNormal, seed)
  }

  /// Samples from U[−limit, limit), limit = √(3 / fanIn).
  ///
  /// - Source: LeCun, Bottou, Orr and Müller (1998), "Efficient backprop".
  public static func lecunUniform(seed: Int64? = nil) -> Self {
    .init(preset: "LecunUniform", 1, .fanIn, .uniform, seed)
  }

  /// Samples from a truncated normal of deviation √(1 / fanIn).
  ///
  /// - Source: LeCun, Bottou, Orr and Müller (1998), "Efficient backprop".
  public static func lecunNormal(seed: Int64? = nil) -> Self {
    .init(preset: "LecunNormal", 1, .fanIn, .truncatedNormal, seed)
  }
}
