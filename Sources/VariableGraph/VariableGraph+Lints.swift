internal import Tensors

extension VariableGraph {
  /// What is allowed and often a mistake, warnings first.
  ///
  /// - Complexity: O(*n*) fingerprints for *n* variables with a seed of their own.
  public func lints() -> [GraphLint] {
    var explanations = SharedExplanations()
    var (fansOfVectors, naive, cut): ([GraphLint], [GraphLint], [CutNormal]) = ([], [], [])
    for variable in variables {
      let explained = explanations.facts(of: variable)
      if let lint = fanOfVector(variable, explained) { fansOfVectors.append(lint) }
      if let lint = naiveFans(variable, explained) { naive.append(lint) }
      if let bounds = explained.truncation { cut.append((variable, bounds)) }
    }
    return lookAlikeNames() + equalValues() + fansOfVectors + naive + truncationDiffers(cut)
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
    var hasher = FieldHasher()
    for variable in variables where variable.shape.elementCount > 0 {
      guard case .own = variable.initializer.seeding else { continue }
      // What has a seed of its own is no expression, and reads no other variable.
      let fingerprint = Fingerprint.variable(variable, in: self, [:], &hasher)
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
          \(equal[0].declared.configuration), shape \(equal[0].shape) and dtype: their values \
          are equal.
          """,
        wayOut: """
          Leave the seed out, so that each draws from the graph's seed and its name, or give each a \
          seed of its own; tie them where one value is meant.
          """)
    }
  }

  private func fanOfVector(_ variable: Variable, _ explained: ExplainedFacts) -> GraphLint? {
    guard explained.fanSource != nil, variable.shape.rank <= 1, let fanIn = explained.fanIn else {
      return nil
    }
    let kind = variable.shape.rank == 1 ? "a vector" : "a scalar"
    return GraphLint(
      code: .fanOfVector, severity: .warning, variables: [variable.name],
      message: """
        "\(variable.name)" is \(kind) of shape \(variable.shape), and \
        \(variable.declared.configuration) takes \(Int(exactly: fanIn) ?? 0) for its fans, \
        though it has no inputs and outputs.
        """,
      wayOut:
        "Use zeros or a constant for a bias, or a normal with a standard deviation of its own.")
  }

  private func naiveFans(_ variable: Variable, _ explained: ExplainedFacts) -> GraphLint? {
    guard explained.fanSource == .rule, let suspicion = FanSuspicion(variable) else { return nil }
    return GraphLint(
      code: .naiveFans, severity: .warning, variables: [variable.name],
      message: """
        "\(variable.name)" of shape \(variable.shape) \(suspicion.reason), and \
        \(variable.declared.configuration) reads its fans as those of a plain weight.
        """,
      wayOut: suspicion.wayOut(for: variable.initializer))
  }

  /// One lint for all variables with the same class, because it is the same sentence.
  private func truncationDiffers(_ normals: [CutNormal]) -> [GraphLint] {
    var groups: [String: (cut: ClosedRange<Double>, dialect: Dialect, names: [String])] = [:]
    var order: [String] = []
    for (variable, cut) in normals {
      let name = variable.declared.configuration.className
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

/// A variable that is a normal without its tails, and where these are cut off, in deviations.
private typealias CutNormal = (variable: Variable, bounds: ClosedRange<Double>)

/// As much of an explanation as lints look at.
private struct ExplainedFacts {
  let fanSource: InitializerExplanation.FanSource?
  let fanIn: Double?
  let truncation: ClosedRange<Double>?
}

/// Explanations of variables, each made once for all that have one initializer, shape and dtype.
private struct SharedExplanations {
  private struct Key: Hashable {
    let initializer: ObjectIdentifier
    let dimensions: [Int]
    let scalarType: ScalarType
    let dialect: Dialect
  }
  private var known: [Key: ExplainedFacts] = [:]

  mutating func facts(of variable: Variable) -> ExplainedFacts {
    // The graph has the initializer, so that no other has its address.
    let key = Key(
      initializer: ObjectIdentifier(variable.declared), dimensions: variable.shape.dimensions,
      scalarType: variable.scalarType, dialect: variable.dialect)
    if variable.declared.isShared, let found = known[key] { return found }
    let explained = variable.initializer.explanation(
      for: variable.shape, variable.scalarType, in: variable.dialect)
    let facts = ExplainedFacts(
      fanSource: explained.fanSource, fanIn: explained.fanIn, truncation: explained.truncation)
    if variable.declared.isShared { known[key] = facts }
    return facts
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
