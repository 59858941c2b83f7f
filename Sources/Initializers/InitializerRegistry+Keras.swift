public import VariableGraph

extension InitializerRegistry {
  /// The classes of `tf.keras.initializers`, under all the names that Keras gives them.
  public static let keras: InitializerRegistry = {
    var registry = InitializerRegistry()
    registry.register("Zeros", identifiers: ["zero", "ZerosInitializer"]) { _ in
      ConstantInitializer(className: "Zeros", value: .integer(0))
    }
    registry.register("Ones", identifiers: ["one", "OnesInitializer"]) { _ in
      ConstantInitializer(className: "Ones", value: .integer(1))
    }
    registry.register("Constant", identifiers: ["ConstantInitializer"]) { reader in
      try ConstantInitializer(json: reader.value("value", default: .double(0)).unwrapped)
    }
    registry.register("RandomUniform", identifiers: ["uniform"]) { reader in
      try RandomUniformInitializer(
        minimum: reader.number("minval", default: -0.05),
        maximum: reader.number("maxval", default: 0.05), seed: reader.seed())
    }
    registry.register("RandomNormal", identifiers: ["normal"]) {
      try normal($0, isTruncated: false)
    }
    registry.register("TruncatedNormal") { try normal($0, isTruncated: true) }
    registry.register("VarianceScaling") { reader in
      try VarianceScalingInitializer(
        scale: reader.number("scale", default: 1),
        mode: choice(reader, "mode", default: .fanIn),
        distribution: distribution(reader), seed: reader.seed()
      ).counting(KerasAxes(reader)).with(reader.layout())
    }
    registerPreset("GlorotUniform", in: &registry, ["XavierUniform"]) { .glorotUniform(seed: $0) }
    registerPreset("GlorotNormal", in: &registry, ["XavierNormal"]) { .glorotNormal(seed: $0) }
    registerPreset("HeUniform", in: &registry, ["KaimingUniform"]) { .heUniform(seed: $0) }
    registerPreset("HeNormal", in: &registry, ["KaimingNormal"]) { .heNormal(seed: $0) }
    registerPreset("LecunUniform", in: &registry) { .lecunUniform(seed: $0) }
    registerPreset("LecunNormal", in: &registry) { .lecunNormal(seed: $0) }
    registry.register("Orthogonal", identifiers: ["OrthogonalInitializer"]) { reader in
      try OrthogonalInitializer(gain: reader.number("gain", default: 1), seed: reader.seed())
    }
    registry.register("Identity", identifiers: ["eye", "IdentityInitializer"]) { reader in
      try IdentityInitializer(gain: reader.number("gain", default: 1))
    }
    return registry
  }()

  private static func registerPreset(
    _ name: String, in registry: inout InitializerRegistry, _ identifiers: [String] = [],
    _ make: @escaping @Sendable (Int64?) -> VarianceScalingInitializer
  ) {
    registry.register(name, identifiers: identifiers) {
      try make($0.seed()).counting(KerasAxes($0)).with($0.layout())
    }
  }

  private static func normal(
    _ reader: ConfigurationReader, isTruncated: Bool
  ) throws -> RandomNormalInitializer {
    try RandomNormalInitializer(
      mean: reader.number("mean", default: 0),
      standardDeviation: reader.number("stddev", default: 0.05), isTruncated: isTruncated,
      seed: reader.seed())
  }

  /// `normal` is Keras's older name of `truncated_normal`.
  private static func distribution(
    _ reader: ConfigurationReader
  ) throws -> VarianceScalingInitializer.Distribution {
    if try reader.string("distribution", default: "truncated_normal").lowercased() == "normal" {
      return .truncatedNormal
    }
    return try choice(reader, "distribution", default: .truncatedNormal)
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ reader: ConfigurationReader, _ name: String, default fallback: Choice
  ) throws -> Choice where Choice.RawValue == String {
    let text = try reader.string(name, default: fallback.rawValue)
    guard let choice = Choice(rawValue: text.lowercased()) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw InitializerError.invalidParameter(
        reader.className, name, found: text, needed: "one of \(known)")
    }
    return choice
  }
}
