internal import VariableGraph

extension InitializerRegistry {
  /// Adds the initializers of papers, which belong to no framework: they mean the same formula in every
  /// dialect, and draw that dialect's numbers.
  mutating func registerZoo() {
    registerDepthScaled()
    registerWithLayout()
    registerStateSpaces()
    registerTables()
  }

  private mutating func registerDepthScaled() {
    register("DepthScaledNormal", identifiers: ["MegatronScaledNormal"]) { reader in
      try DepthScaledNormalInitializer(
        standardDeviation: reader.positive("stddev", default: 0.02),
        layers: reader.integer("layers", in: 1...(.max)),
        branches: reader.integer("branches", in: 1...(.max), default: 2), seed: reader.seed())
    }
    register("SmallInit") { reader in
      try SmallInitializer(width: reader.integer("dim", in: 1...(.max)), seed: reader.seed())
    }
    register("WangInit") { reader in
      try WangInitializer(
        width: reader.integer("dim", in: 1...(.max)),
        layers: reader.integer("layers", in: 1...(.max)), seed: reader.seed())
    }
    register("Fixup") { reader in
      try FixupInitializer(
        branches: reader.integer("branches", in: 1...(.max)),
        depth: reader.integer("depth", in: 2...1_000_000, default: 2),
        mode: reader.option("mode", default: .fanIn), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("TFixup") { reader in
      try TFixupInitializer(
        layers: reader.integer("layers", in: 1...(.max)),
        part: reader.option("part", default: .encoder), gain: reader.positive("gain", default: 1),
        layout: reader.layout(), seed: reader.seed())
    }
    register("DeepNorm") { reader in
      try DeepNormInitializer(
        encoderLayers: reader.integer("encoder_layers", in: 0...(.max), default: 0),
        decoderLayers: reader.integer("decoder_layers", in: 0...(.max), default: 0),
        part: reader.option("part", default: .encoder), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("ReZero") { _ in ResidualScaleInitializer.reZero }
    register("LayerScale") { reader in
      guard reader.value("depth", default: .null) == .null else {
        guard reader.value("value", default: .null) == .null else {
          throw InitializerError.invalidParameter(
            "LayerScale", "depth", found: "both depth and value", needed: "given without value")
        }
        return try ResidualScaleInitializer(depth: reader.integer("depth", in: 1...(.max)))
      }
      return try ResidualScaleInitializer(value: reader.number("value", default: 0.1))
    }
  }

  private mutating func registerWithLayout() {
    register("MuP") { reader in
      try MuPInitializer(
        standardDeviation: reader.positive("stddev"), baseShape: reader.integers("base_shape"),
        readout: reader.option("readout", default: .multiplier), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("ZerO") { try ZerOInitializer(layout: $0.requiredLayout()) }
    register("IDInit") { reader in
      let part = try reader.option("part", default: IDInitInitializer.Part.identity)
      return try IDInitInitializer(
        part, value: reader.number("value", default: part.defaultValue),
        layout: reader.requiredLayout())
    }
    register("Dirac") { reader in
      try DiracInitializer(
        gain: reader.number("gain", default: 1), layout: reader.requiredLayout())
    }
    register("DeltaOrthogonal") { reader in
      try DeltaOrthogonalInitializer(
        gain: reader.number("gain", default: 1), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("Sparse") { reader in
      try SparseInitializer(
        connections: reader.integer("connections", in: 0...(.max), default: 15),
        standardDeviation: reader.positive("stddev", default: 1), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("Siren") { reader in
      try SirenInitializer(
        omega: reader.positive("omega", default: 30),
        isFirst: reader.flag("is_first", default: false), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
    register("LoRA") { reader in
      try LoRAInitializer(
        reader.option("factor", default: .a), form: reader.option("form", default: .kaimingUniform),
        layout: reader.requiredLayout(), seed: reader.seed())
    }
  }

  private mutating func registerStateSpaces() {
    register("HiPPO") { reader in
      try HiPPOInitializer(
        reader.option("matrix", default: .a), measure: reader.option("measure", default: .legS))
    }
    register("S4D") { reader in
      let states = reader.value("states", default: .null)
      return try S4DInitializer(
        reader.option("kind", default: .linear), part: reader.option("part", default: .logReal),
        states: states == .null ? nil : reader.integer("states", in: 1...(.max)))
    }
    register("S4DLogStep") { reader in
      try LogUniformStepInitializer(
        minimum: reader.positive("dt_min", default: 0.001),
        maximum: reader.positive("dt_max", default: 0.1), seed: reader.seed())
    }
    register("MambaALog") { _ in MambaStateInitializer() }
    register("Mamba2ALog") { reader in
      try Mamba2StateInitializer(
        minimum: reader.positive("minimum", default: 1),
        maximum: reader.positive("maximum", default: 16), seed: reader.seed())
    }
    register("MambaDtBias") { reader in
      try MambaStepBiasInitializer(
        minimum: reader.positive("dt_min", default: 0.001),
        maximum: reader.positive("dt_max", default: 0.1),
        floor: reader.positive("dt_init_floor", default: 1e-4), seed: reader.seed())
    }
    register("MambaDtProjection") { reader in
      try MambaStepProjectionInitializer(
        scale: reader.positive("scale", default: 1),
        form: reader.option("form", default: .random), layout: reader.requiredLayout(),
        seed: reader.seed())
    }
  }

  private mutating func registerTables() {
    register("ForgetGateBias") { reader in
      try ForgetGateBiasInitializer(
        value: reader.number("value", default: 1),
        gate: reader.integer("gate", in: 0...(.max), default: 1),
        gates: reader.integer("gates", in: 1...(.max), default: 4))
    }
    register("SinusoidalTable") { reader in
      try SinusoidalTableInitializer(
        base: reader.positive("base", default: 10000),
        arrangement: reader.option("arrangement", default: .interleaved),
        start: reader.integer("start", in: 0...(.max), default: 0))
    }
    register("RotaryTable") { reader in
      try RotaryTableInitializer(
        reader.option("function", default: .cosine),
        arrangement: reader.option("arrangement", default: .half),
        base: reader.positive("base", default: 10000))
    }
    register("Linspace") { reader in
      try LinspaceInitializer(
        from: reader.number("start", default: 0), to: reader.number("stop", default: 1),
        includesStop: reader.flag("endpoint", default: true),
        axis: reader.integer("axis", in: -254...253, default: -1))
    }
    register("Range") { reader in
      try RangeInitializer(
        from: reader.number("start", default: 0), by: reader.number("step", default: 1),
        axis: reader.integer("axis", in: -254...253, default: -1))
    }
    register("STFT", identifiers: ["STFTInitializer"]) { reader in
      try STFTInitializer(
        reader.option("side", default: .real),
        window: reader.optionOrNull("window", default: .hann),
        scaling: reader.optionOrNull("scaling", default: .density),
        isPeriodic: reader.flag("periodic", default: false))
    }
    register("OneHot") { reader in
      let indices = reader.value("indices", default: .null)
      return try OneHotInitializer(indices: indices == .null ? nil : reader.integers("indices"))
    }
  }
}
