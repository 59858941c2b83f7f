internal import Initializers
internal import VariableGraph

/// What several layers of Keras and Flax have in common.
extension LayerConvention {
  /// The default of kernels; Flax's knows which axes of the shape are inputs and outputs.
  func kernelInitializer(inAxis: JAXAxes = -2, outAxis: JAXAxes = -1) -> any Initializer {
    self == .keras
      ? VarianceScalingInitializer.glorotUniform()
      : JAXVarianceScalingInitializer.jaxLecunNormal(inAxis: inAxis, outAxis: outAxis)
  }

  /// The default of kernels that multiply a recurrent state.
  var recurrentInitializer: any Initializer {
    self == .keras ? OrthogonalInitializer.orthogonal() : JAXOrthogonalInitializer.jaxOrthogonal()
  }

  /// All elements 0.
  var zeros: any Initializer {
    self == .keras ? ConstantInitializer.zeros : JAXConstantInitializer.jaxZeros
  }

  /// All elements 1.
  var ones: any Initializer {
    self == .keras ? ConstantInitializer.ones : JAXConstantInitializer.jaxOnes
  }

  /// The bias of a layer, where it has one.
  func bias(
    _ reference: VariableReference?, _ name: String = "bias", shape: [Int]
  ) -> [LayerVariable] {
    reference.map { [LayerVariable($0, name, shape: shape, zeros)] } ?? []
  }
}

extension [VariableReference: any Initializer] {
  /// Those that are given, by what they are for.
  static func of(
    _ pairs: (reference: VariableReference?, initializer: (any Initializer)?)...
  ) -> Self {
    var given: Self = [:]
    for case (let reference?, let initializer?) in pairs { given[reference] = initializer }
    return given
  }
}
