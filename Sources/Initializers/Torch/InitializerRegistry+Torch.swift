internal import VariableGraph

extension InitializerRegistry {
  /// Adds the functions of `torch.nn.init` under their full names, such as
  /// `torch.nn.init.kaiming_uniform_`, with their keyword arguments and a `seed`, which means a
  /// `torch.manual_seed` right before the call.
  mutating func registerTorch() {
    register(TorchUniformInitializer.className) { reader in
      try TorchUniformInitializer(
        from: reader.number("a", default: 0), to: reader.number("b", default: 1),
        seed: reader.seed())
    }
    register(TorchNormalInitializer.className) { reader in
      try TorchNormalInitializer(
        mean: reader.number("mean", default: 0),
        standardDeviation: reader.number("std", default: 1), seed: reader.seed())
    }
    register(TorchNormalInitializer.embeddingName) { reader in
      try TorchNormalInitializer(
        embeddingWithZeroedRow: Self.integer(reader, "padding_idx"), seed: reader.seed())
    }
    register(TorchTruncatedNormalInitializer.className) { reader in
      try TorchTruncatedNormalInitializer(
        mean: reader.number("mean", default: 0),
        standardDeviation: reader.number("std", default: 1),
        from: reader.number("a", default: -2), to: reader.number("b", default: 2),
        seed: reader.seed())
    }
    register("torch.nn.init.constant_") { reader in
      try TorchConstantInitializer(Self.needed(reader, "val"))
    }
    register("torch.nn.init.ones_") { _ in TorchConstantInitializer.ones }
    register("torch.nn.init.zeros_") { _ in TorchConstantInitializer.zeros }
    register(TorchEyeInitializer.className) { _ in TorchEyeInitializer() }
    register(TorchDiracInitializer.className) { reader in
      try TorchDiracInitializer(groups: Self.integer(reader, "groups") ?? 1)
    }
    for isUniform in [true, false] {
      registerScaling(isUniform: isUniform)
    }
    register(TorchOrthogonalInitializer.className) { reader in
      try TorchOrthogonalInitializer(
        gain: reader.number("gain", default: 1), seed: reader.seed())
    }
    register(TorchSparseInitializer.className) { reader in
      try TorchSparseInitializer(
        sparsity: Self.needed(reader, "sparsity"),
        standardDeviation: reader.number("std", default: 0.01), seed: reader.seed())
    }
  }

  private mutating func registerScaling(isUniform: Bool) {
    register(
      isUniform ? TorchXavierInitializer.uniformName : TorchXavierInitializer.normalName
    ) { reader in
      try TorchXavierInitializer(
        gain: reader.number("gain", default: 1), isUniform: isUniform, seed: reader.seed())
    }
    register(
      isUniform ? TorchKaimingInitializer.uniformName : TorchKaimingInitializer.normalName
    ) { reader in
      let name = try reader.string("nonlinearity", default: "leaky_relu")
      guard let nonlinearity = TorchNonlinearity(named: name) else {
        let known = TorchNonlinearity.all.map(\.name).joined(separator: ", ")
        throw InitializerError.invalidParameter(
          reader.className, "nonlinearity", found: name, needed: "one of \(known)")
      }
      let text = try reader.string("mode", default: "fan_in")
      guard let mode = TorchKaimingInitializer.Mode(rawValue: text.lowercased()) else {
        throw InitializerError.invalidParameter(
          reader.className, "mode", found: text, needed: "one of fan_in, fan_out")
      }
      return try TorchKaimingInitializer(
        slope: reader.number("a", default: 0), mode: mode, nonlinearity: nonlinearity,
        isUniform: isUniform, seed: reader.seed())
    }
  }

  /// A number that has no default.
  private static func needed(_ reader: ConfigurationReader, _ name: String) throws -> Double {
    guard reader.value(name, default: .null) != .null else {
      throw InitializerError.invalidParameter(
        reader.className, name, found: "nothing", needed: "a finite number")
    }
    return try reader.number(name, default: 0)
  }

  private static func integer(_ reader: ConfigurationReader, _ name: String) throws -> Int? {
    switch reader.value(name, default: .null) {
    case .null: return nil
    case .integer(let number): return Int(number)
    case let value:
      throw InitializerError.invalidParameter(
        reader.className, name, found: value.canonicalText, needed: "an integer")
    }
  }
}
