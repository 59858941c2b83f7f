internal import Tensors
public import VariableGraph

extension CheckpointStore {
  /// Compares a checkpoint with a graph, without reading values: what `Runtime.restore` would do.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, and `ambiguousName` where two
  ///   variables of the checkpoint would become one of the graph.
  public func restoreReport(
    for graph: VariableGraph, from checkpoint: String = "initial",
    configuration: RestoreConfiguration = .exact
  ) throws -> RestoreReport {
    try RestoreComparison(
      graph: graph, stored: variables(in: checkpoint), configuration: configuration
    ).report()
  }
}

/// Compares the variables of a checkpoint with those of a graph.
private struct RestoreComparison {
  private let graph: VariableGraph
  private let configuration: RestoreConfiguration
  private let stored: [StoredVariable]
  /// The variables of the checkpoint by their own names.
  private let byStoredName: NameTable<StoredVariable>
  /// The variables of the checkpoint by the names that they get in the graph.
  private let byName: NameTable<[StoredVariable]>
  private let fingerprints: NameTable<Digest>
  private let selected: NameSet
  private let casts: NameSelection

  init(graph: VariableGraph, stored: [StoredVariable], configuration: RestoreConfiguration) {
    self.graph = graph
    self.configuration = configuration
    self.stored = stored
    byStoredName = NameTable(byName: stored.lazy.map { ($0.name, $0) })
    byName = Dictionary(grouping: stored) { NameKey(configuration.name(for: $0.name)) }
    fingerprints = NameTable(byName: graph.fingerprints().lazy.map { ($0.name, $0.fingerprint) })
    selected = NameSet(names: graph.variables(matching: configuration.selection).map(\.name))
    casts = NameSelection(configuration.casts)
  }

  func report() throws -> RestoreReport {
    var sources: [RestoreReport.Source] = []
    var missing: [String] = []
    var mismatching: [RestoreReport.Mismatch] = []
    for variable in graph.variables where selected.contains(variable.name) {
      guard let entry = try entry(of: variable.name), value(of: entry).hasValue else {
        missing.append(variable.name)
        continue
      }
      switch compare(variable, entry) {
      case .fits(let source): sources.append(source)
      case .differs(let mismatch): mismatching.append(mismatch)
      }
    }
    let fitting = NameSet(names: sources.map(\.name))
    var restorable = sources.map(\.name)
    for alias in graph.aliases where fitting.contains(alias.target) {
      if try hasSameValue(alias) {
        restorable.append(alias.name)
      } else {
        mismatching.append(
          RestoreReport.Mismatch(
            name: alias.name, declared: "an alias of \"\(alias.target)\"",
            stored: "another value than that", remedy: nil))
      }
    }
    return RestoreReport(
      sources: sources, restorable: restorable, missing: missing,
      unexpected: stored.map(\.name).filter { graph[configuration.name(for: $0)] == nil },
      mismatching: mismatching,
      leftOut: graph.variables.map(\.name).filter { !selected.contains($0) })
  }

  /// What the checkpoint has for a name of the graph.
  private func entry(of name: String) throws -> StoredVariable? {
    let candidates = byName[name] ?? []
    guard candidates.count < 2 else {
      throw CheckpointError.ambiguousName(name, sources: candidates.map(\.name))
    }
    return candidates.first
  }

  /// The variable whose value an entry of the checkpoint stands for.
  private func value(of entry: StoredVariable) -> StoredVariable {
    entry.aliasOf.flatMap { byStoredName[$0] } ?? entry
  }

  /// True where the checkpoint gives an alias the value of its variable, or none of its own.
  private func hasSameValue(_ alias: VariableGraph.Alias) throws -> Bool {
    guard let own = try entry(of: alias.name), let target = try entry(of: alias.target) else {
      return true
    }
    return value(of: own).valueDigest == value(of: target).valueDigest
  }

  private enum Comparison {
    case fits(RestoreReport.Source)
    case differs(RestoreReport.Mismatch)
  }

  private func compare(_ variable: Variable, _ entry: StoredVariable) -> Comparison {
    let value = value(of: entry)
    let axes = configuration.axes(for: variable)
    let shape = axes.map { try? value.shape.transposed(axes: $0) } ?? value.shape
    let hasDtype =
      value.scalarType == variable.scalarType || casts.contains(variable.name)
    guard shape == variable.shape, hasDtype else {
      return .differs(
        RestoreReport.Mismatch(
          name: variable.name, declared: "\(variable.scalarType) \(variable.shape)",
          stored: "\(value.scalarType) \(value.shape)",
          remedy: remedy(
            fits: shape == variable.shape, isTransposed: axes != nil,
            fitsReversed: value.shape.dimensions.reversed() == variable.shape.dimensions,
            hasDtype: hasDtype)))
    }
    return .fits(
      RestoreReport.Source(
        name: variable.name, storedName: entry.name, shape: variable.shape,
        storedShape: value.shape, scalarType: variable.scalarType, storedType: value.scalarType,
        axes: axes,
        isInitial: !value.isAssigned && axes == nil
          && value.fingerprint == fingerprints[variable.name]))
  }

  /// What would make a variable fit, in words; `nil` where nothing would.
  private func remedy(
    fits: Bool, isTransposed: Bool, fitsReversed: Bool, hasDtype: Bool
  ) -> String? {
    if !fits, isTransposed { return "transposed it does not fit" }
    guard fits || fitsReversed else { return nil }
    let remedies =
      (fits ? [] : ["transposed it would fit"])
      + (hasDtype ? [] : ["a cast would make the dtypes equal"])
    return remedies.joined(separator: ", ")
  }
}
