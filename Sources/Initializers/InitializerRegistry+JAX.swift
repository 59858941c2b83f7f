public import VariableGraph

extension InitializerRegistry {
  /// Adds the functions of `jax.nn.initializers` under their full names. Their keyword arguments are
  /// the config's parameters; `seed` stands for `jax.random.key(seed)`.
  public mutating func registerJAX() {
    for (function, value) in [("zeros", 0.0), ("ones", 1.0)] {
      register(JAXFunction.name(function)) { _ in
        JAXConstantInitializer(function: function, value: value)
      }
    }
    register(JAXFunction.name("constant")) { reader in
      try JAXConstantInitializer(json: reader.required("value"))
    }
    register(JAXFunction.name("uniform")) { reader in
      try JAXRandomInitializer(
        .uniform, factor: reader.number("scale", default: 0.01), seed: reader.seed())
    }
    register(JAXFunction.name("normal")) { reader in
      try JAXRandomInitializer(
        .normal, factor: reader.number("stddev", default: 0.01), seed: reader.seed())
    }
    register(JAXFunction.name("truncated_normal")) { reader in
      let lower = try reader.number("lower", default: -2)
      let upper = try reader.number("upper", default: 2)
      return try JAXRandomInitializer(
        .truncatedNormal(lower: lower, upper: upper),
        factor: reader.number("stddev", default: 0.01), seed: reader.seed())
    }
    for (function, isDelta) in [("orthogonal", false), ("delta_orthogonal", true)] {
      register(JAXFunction.name(function)) { reader in
        try JAXOrthogonalInitializer(
          scale: reader.number("scale", default: 1),
          columnAxis: reader.integer("column_axis", default: -1), isDelta: isDelta,
          seed: reader.seed())
      }
    }
    registerJAXVarianceScaling()
  }

  private mutating func registerJAXVarianceScaling() {
    register(JAXFunction.name("variance_scaling")) { reader in
      _ = try reader.required("scale")
      return try JAXVarianceScalingInitializer(
        scale: reader.number("scale", default: 1), mode: choice(reader, "mode"),
        distribution: choice(reader, "distribution"),
        inAxis: JAXAxes(reader, "in_axis", default: -2),
        outAxis: JAXAxes(reader, "out_axis", default: -1),
        batchAxis: JAXAxes(reader, "batch_axis", default: []), seed: reader.seed())
    }
    let aliases = [
      "glorot_uniform": "xavier_uniform", "glorot_normal": "xavier_normal",
      "he_uniform": "kaiming_uniform", "he_normal": "kaiming_normal",
    ]
    for function in JAXVarianceScalingInitializer.presets.keys.sorted() {
      let identifiers = aliases[function].map { [JAXFunction.name($0)] } ?? []
      register(JAXFunction.name(function), identifiers: identifiers) { reader in
        try JAXVarianceScalingInitializer.preset(
          function, JAXAxes(reader, "in_axis", default: -2),
          JAXAxes(reader, "out_axis", default: -1), JAXAxes(reader, "batch_axis", default: []),
          reader.seed())
      }
    }
  }
}

private func choice<Choice: RawRepresentable & CaseIterable>(
  _ reader: ConfigurationReader, _ name: String
) throws -> Choice where Choice.RawValue == String {
  let value = try reader.required(name)
  guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw InitializerError.invalidParameter(
      reader.className, name, found: value.canonicalText, needed: "one of \(known)")
  }
  return choice
}
