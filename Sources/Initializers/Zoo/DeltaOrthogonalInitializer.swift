public import RandomSampling
internal import TensorMemory
public import Tensors
public import VariableGraph

/// Fills a kernel with zeros, and its middle tap with orthonormal rows, times gain: the convolution then
/// keeps the length of every signal.
///
/// The middle tap is the matrix of inputs × outputs that `Orthogonal` makes. The middle of a size k is
/// tap ⌊(k − 1)/2⌋.
///
/// - Shape: as the layout says; no more inputs than outputs, one group.
/// - Locality: `.tensor`.
/// - Source: Xiao et al. (2018), "Dynamical isometry and a mean field theory of CNNs", section 2.3 and
///   algorithm 1; `jax.nn.initializers.delta_orthogonal`.
public struct DeltaOrthogonalInitializer: Initializer {
  /// The factor.
  public let gain: Double
  /// Which axes are inputs, outputs and taps.
  public let layout: WeightLayout
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` for a gain that is not finite, or a layout of
  ///   several groups or parts.
  public init(gain: Double = 1, layout: WeightLayout, seed: Int64? = nil) throws {
    try InitializerError.require(gain.isFinite, "DeltaOrthogonal", "gain", gain, "finite")
    try layout.requireOnePart("DeltaOrthogonal")
    self.gain = gain
    self.layout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "DeltaOrthogonal",
      config: ["gain": .double(gain), "layout": layout.json, "seed": JSONValue(seed: seed)])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }
  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { false }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let weight = try ResolvedLayout(layout, on: shape, for: "DeltaOrthogonal")
    let (inputs, outputs) = (weight.size(of: .input), weight.size(of: .output))
    guard inputs <= outputs else {
      throw InitializerError.unsuitableShape(
        "DeltaOrthogonal", shape: shape,
        needed: "no more inputs (\(inputs)) than outputs (\(outputs))")
    }
    try KerasSeed.validate(seed, "DeltaOrthogonal", in: dialect)
    try OrthogonalInitializer().validate(Shape([inputs, outputs]), scalarType, in: dialect)
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "DeltaOrthogonal"),
      shape.elementCount > 0,
      let plane = try? Shape([weight.size(of: .input), weight.size(of: .output)])
    else { return [] }
    return OrthogonalInitializer().sequentialDraws(plane, scalarType)
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let weight = try ResolvedLayout(layout, on: target.shape, for: "DeltaOrthogonal")
    guard target.shape.elementCount > 0 else { return }
    let outputs = weight.size(of: .output)
    let plane = try Shape([weight.size(of: .input), outputs])
    let matrix = try TensorStorage(byteCount: plane.byteCount(of: target.scalarType))
    try matrix.fill(0..<matrix.byteCount) { part in
      try OrthogonalInitializer(gain: gain).fill(
        &part, elements: 0..<plane.elementCount,
        of: FillTarget(
          name: target.name, shape: plane, scalarType: target.scalarType,
          dialect: target.dialect, random: target.random))
    }
    matrix.seal()
    let middle = weight.middleTap(roundsUp: false)
    matrix.withBytes { bytes in
      for (number, index) in range.enumerated() {
        let place = weight.place(of: index)
        let value =
          place.tap == middle
          ? ScalarCoding.double(
            in: bytes, at: place.input * outputs + place.output, as: target.scalarType) : 0
        _ = ScalarCoding.store(value, in: &span, at: number, as: target.scalarType)
      }
    }
  }

  /// The axes.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.gain = gain
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "DeltaOrthogonal") else {
      return explanation
    }
    explanation.describe(weight)
    let (inputs, outputs) = (weight.size(of: .input), weight.size(of: .output))
    let taps = weight.size(of: .tap)
    explanation.describe(
      .sparse(
        share: 1 / Double(max(taps, 1)), .orthogonal(scale: gain, length: max(inputs, outputs))))
    explanation.distribution = "orthogonal middle tap"
    explanation.formula = .init(
      "W[middle] = gain · Q, else 0",
      "\(InitializerExplanation.text(gain)) · Q of \(inputs) × \(outputs)")
    return explanation
  }
}

extension Initializer where Self == DeltaOrthogonalInitializer {
  /// Zeros, and orthonormal rows at the middle tap.
  public static func deltaOrthogonal(
    gain: Double = 1, layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self { try .init(gain: gain, layout: layout, seed: seed) }
}
