public import RandomSampling
internal import TensorMemory
public import Tensors
public import VariableGraph

/// Fills a weight with zeros but for a fixed number of connections into each output, which are samples
/// of N(0, standardDeviation²).
///
/// With n elements, n′ = n rounded up to a multiple of 16, element i takes the normal of element i, and
/// the key that is the float32 uniform of element n′ + i; of element 2 n′ + i in float64, whose normals
/// take two words each. In each unit the connections with the smallest keys stay, of equal keys the
/// earlier.
///
/// - Shape: as the layout says; one group. A unit is one output of one copy with all its inputs and taps.
/// - Locality: `.row` where outputs come first in the layout, else `.tensor`.
/// - Source: Martens (2010), "Deep learning via Hessian-free optimization", section 5 (15 connections).
public struct SparseInitializer: Initializer {
  /// The connections into each output.
  public let connections: Int
  /// The deviation of those that stay.
  public let standardDeviation: Double
  /// Which axes are inputs, outputs and taps.
  public let layout: WeightLayout
  /// The initializer's own seed; without one the graph's seed and the variable's name count.
  public let seed: Int64?

  /// - Throws: `InitializerError.Code.invalidParameter` unless connections ≥ 0 and
  ///   standardDeviation > 0, and for a layout of several groups or parts.
  public init(
    connections: Int = 15, standardDeviation: Double = 1, layout: WeightLayout, seed: Int64? = nil
  ) throws {
    try InitializerError.require(
      connections >= 0, "Sparse", "connections", connections, "at least 0")
    try InitializerError.require(
      standardDeviation > 0 && standardDeviation.isFinite, "Sparse", "stddev", standardDeviation,
      "positive and finite")
    try layout.requireOnePart("Sparse")
    self.connections = connections
    self.standardDeviation = standardDeviation
    self.layout = layout
    self.seed = seed
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Sparse",
      config: [
        "connections": .integer(Int64(connections)), "stddev": .double(standardDeviation),
        "layout": layout.json, "seed": JSONValue(seed: seed),
      ])
  }

  /// Where the random numbers come from.
  public var seeding: Seeding { Seeding(seed: seed) }

  /// True where the elements of a unit lie together.
  private var hasRows: Bool {
    switch layout.name {
    case .outIn, .oihw, .ohwi, .expertsOutIn: true
    default: false
    }
  }

  /// Whether any range can be filled alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { hasRows }
  /// What one element depends on; see `Initializer`.
  public func locality(in dialect: Dialect) -> Locality { hasRows ? .row : .tensor }

  /// Refuses shapes and dtypes that do not fit; see `Initializer`.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    _ = try scalarType.floatingFormat(for: "Sparse")
    try KerasSeed.validate(seed, "Sparse", in: dialect)
    _ = try ResolvedLayout(layout, on: shape, for: "Sparse")
    guard shape.elementCount <= 1 << 60 else {
      throw InitializerError.unsuitableShape(
        "Sparse", shape: shape, needed: "at most 2^60 elements")
    }
  }

  /// What is taken from a sequential stream; see `Initializer`.
  public func sequentialDraws(_ shape: Shape, _ scalarType: ScalarType) -> [SequentialDraw]? {
    let padded = (shape.elementCount + 15) / 16 * 16
    return scalarType.floatingFormat.map { [.normal(count: 2 * padded, $0)] }
  }

  /// Writes the asked elements; see `Initializer`.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    guard !range.isEmpty else { return }
    let weight = try ResolvedLayout(layout, on: target.shape, for: "Sparse")
    let count = target.shape.elementCount
    let padded = (count + 15) / 16 * 16
    let length = max(count / (weight.size(of: .output) * weight.size(of: .batch)), 1)
    // All elements of the units that the range touches.
    let cover =
      hasRows
      ? range.lowerBound / length * length..<(range.upperBound + length - 1) / length * length
      : 0..<count
    // A float64 normal takes two words: the keys begin behind the last of them.
    let offset = target.scalarType == .float64 ? 2 * padded : padded
    let keys = try keys(cover, offset: offset, of: offset + padded, target)
    var units: [Int: [(key: Float, index: Int)]] = [:]
    for (place, index) in cover.enumerated() {
      let where_ = weight.place(of: index)
      units[where_.batch * weight.size(of: .output) + where_.output, default: []]
        .append((keys[place], index))
    }
    var stays = [Bool](repeating: false, count: range.count)
    for unit in units.values {
      for chosen in unit.sorted(by: { ($0.key, $0.index) < ($1.key, $1.index) }).prefix(connections)
      where range.contains(chosen.index) {
        stays[chosen.index - range.lowerBound] = true
      }
    }
    try target.random.fillNormal(
      &span, elements: range, of: 2 * padded, mean: 0, standardDeviation: standardDeviation,
      as: try target.scalarType.floatingFormat(for: "Sparse"))
    for place in stays.indices where !stays[place] {
      ScalarCoding.store(bitPattern: 0, in: &span, at: place, as: target.scalarType)
    }
  }

  private func keys(
    _ cover: Range<Int>, offset: Int, of count: Int, _ target: FillTarget
  ) throws -> [Float] {
    let storage = try TensorStorage(byteCount: cover.count * 4)
    try storage.fill(0..<storage.byteCount) { span in
      try target.random.fillUniform(
        &span, elements: cover.lowerBound + offset..<cover.upperBound + offset, of: count, from: 0,
        to: 1, as: .float32)
    }
    storage.seal()
    return storage.withBytes { $0.array(of: Float.self) }
  }

  /// The axes, and the share that stays.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    guard let weight = try? ResolvedLayout(layout, on: shape, for: "Sparse") else {
      return explanation
    }
    explanation.describe(weight)
    let length = weight.size(of: .input) * weight.size(of: .tap)
    let share = Double(min(connections, length)) / Double(max(length, 1))
    explanation.describe(
      .sparse(share: share, .normal(mean: 0, standardDeviation: standardDeviation)))
    explanation.formula = .init(
      "connections of N(0, stddev²) into each output, else 0; σ = stddev · √(connections / length)",
      """
      \(min(connections, length)) of \(length) connections, \
      \(InitializerExplanation.text(standardDeviation)) · \
      √\(InitializerExplanation.text(share)) = \
      \(InitializerExplanation.text(standardDeviation * share.squareRoot()))
      """)
    return explanation
  }
}

extension Initializer where Self == SparseInitializer {
  /// A fixed number of connections into each output.
  public static func sparse(
    connections: Int = 15, standardDeviation: Double = 1, layout: WeightLayout, seed: Int64? = nil
  ) throws -> Self {
    try .init(
      connections: connections, standardDeviation: standardDeviation, layout: layout, seed: seed)
  }
}
