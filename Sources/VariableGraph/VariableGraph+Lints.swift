internal import Tensors

extension VariableGraph {
  /// What is allowed and often a mistake, warnings first.
  ///
  /// - Complexity: O(*n*) fingerprints for *n* variables with a seed of their own.
  public func lints() -> [GraphLint] {
    let explained = variables.map {
      ($0, $0.initializer.explanation(for: $0.shape, $0.scalarType, in: $0.dialect))
    }
    return lookAlikeNames() + equalValues() + explained.compactMap { fanOfVector($0, $1) }
      + explained.compactMap { naiveFans($0, $1) } + truncationDiffers(explained)
  }

  /// Names, of variables and aliases, that people cannot tell apart: equal as Unicode has it, with other
  /// bytes. They are different names.
  ///
  /// - Complexity: O(*n*) for *n* names.
  public func lookAlikeNames() -> [GraphLint] {
    // The one place that asks for the equality of texts, which is that of a `String`.
    var groups: [String: [String]] = [:]
    var order: [String] = []
    let names =
      [variables.map(\.name), unbound.map(\.name), aliases.map(\.name), waitingAliases.map(\.name)]
      .joined()
    // A name in ASCII is alike to another only where that is not: all are grouped if one is not ASCII.
    guard names.contains(where: { !$0.utf8.allSatisfy { $0 < 0x80 } }) else { return [] }
    for name in names {
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(name)
    }
    return order.compactMap { name in
      guard let alike = groups[name], alike.count > 1 else { return nil }
      let forms = alike.prefix(3).map { "\"\($0.spelledOut)\"" }.joined(separator: ", ")
      return GraphLint(
        code: .lookAlikeNames, severity: .warning, variables: alike,
        message: """
          \(alike.count) names look like "\(name.shown)" and differ in their bytes: \(forms). They are \
          different variables.
          """,
        wayOut: """
          Write the name in one form, composed (NFC) or decomposed (NFD), wherever it stands, if one \
          variable is meant; rename the others if not.
          """)
    }
  }

  private func equalValues() -> [GraphLint] {
    var groups: [Digest: [Variable]] = [:]
    var order: [Digest] = []
    for variable in variables where variable.shape.elementCount > 0 {
      guard case .own = variable.initializer.seeding else { continue }
      let fingerprint = Fingerprint.variable(variable, in: self)
      if groups[fingerprint] == nil { order.append(fingerprint) }
      groups[fingerprint, default: []].append(variable)
    }
    return order.compactMap { fingerprint in
      guard let equal = groups[fingerprint], equal.count > 1 else { return nil }
      let names = equal.map(\.name)
      return GraphLint(
        code: .equalValues, severity: .warning, variables: names,
        message: """
          \(GraphLint.list(names)) have the same initializer \
          \(equal[0].initializer.configuration), shape \(equal[0].shape) and dtype: their values \
          are equal.
          """,
        wayOut: """
          Leave the seed out, so that each draws from the graph's seed and its name, or give each a \
          seed of its own; tie them where one value is meant.
          """)
    }
  }

  private func fanOfVector(
    _ variable: Variable, _ explained: InitializerExplanation
  ) -> GraphLint? {
    guard explained.fanSource != nil, variable.shape.rank <= 1, let fanIn = explained.fanIn else {
      return nil
    }
    let kind = variable.shape.rank == 1 ? "a vector" : "a scalar"
    return GraphLint(
      code: .fanOfVector, severity: .warning, variables: [variable.name],
      message: """
        "\(variable.name)" is \(kind) of shape \(variable.shape), and \
        \(variable.initializer.configuration) takes \(Int(exactly: fanIn) ?? 0) for its fans, \
        though it has no inputs and outputs.
        """,
      wayOut:
        "Use zeros or a constant for a bias, or a normal with a standard deviation of its own.")
  }

  private func naiveFans(
    _ variable: Variable, _ explained: InitializerExplanation
  ) -> GraphLint? {
    guard explained.fanSource == .rule, let suspicion = FanSuspicion(variable) else { return nil }
    return GraphLint(
      code: .naiveFans, severity: .warning, variables: [variable.name],
      message: """
        "\(variable.name)" of shape \(variable.shape) \(suspicion.reason), and \
        \(variable.initializer.configuration) reads its fans as those of a plain weight.
        """,
      wayOut: suspicion.wayOut(for: variable.initializer))
  }

  /// One lint for all variables with the same class, because it is the same sentence.
  private func truncationDiffers(
    _ explained: [(Variable, InitializerExplanation)]
  ) -> [GraphLint] {
    var groups: [String: (cut: ClosedRange<Double>, dialect: Dialect, names: [String])] = [:]
    var order: [String] = []
    for (variable, explanation) in explained {
      guard let cut = explanation.truncation else { continue }
      let name = variable.initializer.configuration.className
      if groups[name] == nil {
        order.append(name)
        groups[name] = (cut, variable.dialect, [])
      }
      groups[name]?.names.append(variable.name)
    }
    return order.compactMap { className in
      guard let (cut, dialect, names) = groups[className] else { return nil }
      return GraphLint(
        code: .truncationDiffers, severity: .note, variables: names,
        message: """
          \(GraphLint.list(names)): the normal of \(className) is cut off at \
          \(Self.text(cut.lowerBound)) and \(Self.text(cut.upperBound)) standard deviations in the \
          dialect \(dialect). TensorFlow and JAX count bounds in deviations, PyTorch's \
          trunc_normal_ in values, and its kaiming_normal_ and xavier_normal_ have none.
          """,
        wayOut: """
          Name the dialect whose model you want to match, or use a normal that is not cut \
          (untruncated_normal), which is the same in all.
          """)
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : "\(Float(value))"
  }
}

extension String {
  /// The text with all that is not ASCII as code points: `caf\u{E9}`.
  fileprivate var spelledOut: String {
    unicodeScalars.prefix(200).map { scalar in
      scalar.isASCII && !scalar.isHidden
        ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }.joined()
  }
}
