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
  let graph: VariableGraph
  let stored: [StoredVariable]
  let configuration: RestoreConfiguration

  func report() throws -> RestoreReport {
    let byStoredName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
    let byName = Dictionary(grouping: stored) { configuration.name(for: $0.name) }
    let fingerprints = Dictionary(uniqueKeysWithValues: graph.fingerprints())
    let selected = Set(graph.variables(matching: configuration.selection).map(\.name))

    /// The stored variable whose value is meant by a name of the graph.
    func value(of name: String) throws -> StoredVariable? {
      let candidates = byName[name] ?? []
      guard candidates.count < 2 else {
        throw CheckpointError.ambiguousName(name, sources: candidates.map(\.name))
      }
      guard let found = candidates.first else { return nil }
      return byStoredName[found.aliasOf ?? found.name]
    }

    var sources: [RestoreReport.Source] = []
    var missing: [String] = []
    var mismatching: [RestoreReport.Mismatch] = []
    for variable in graph.variables where selected.contains(variable.name) {
      guard let found = try value(of: variable.name), found.isMaterialized else {
        missing.append(variable.name)
        continue
      }
      let storedName = byName[variable.name]?.first?.name ?? found.name
      switch compare(variable, found, storedName, fingerprints[variable.name]) {
      case .fits(let source): sources.append(source)
      case .differs(let mismatch): mismatching.append(mismatch)
      }
    }
    let fitting = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0) })
    var restorable = sources.map(\.name)
    for alias in graph.aliases where selected.contains(alias.target) {
      // An alias that the checkpoint does not have gets its variable's value.
      guard fitting[alias.target] != nil else { continue }
      guard let own = try value(of: alias.name), let target = try value(of: alias.target),
        own.digest != target.digest
      else {
        restorable.append(alias.name)
        continue
      }
      mismatching.append(
        RestoreReport.Mismatch(
          name: alias.name, declared: "an alias of \"\(alias.target)\"",
          stored: "another value than that", remedy: nil))
    }
    return RestoreReport(
      sources: sources, restorable: restorable, missing: missing,
      unexpected: stored.map(\.name).filter { graph[configuration.name(for: $0)] == nil },
      mismatching: mismatching,
      leftOut: graph.variables.map(\.name).filter { !selected.contains($0) })
  }

  private enum Comparison {
    case fits(RestoreReport.Source)
    case differs(RestoreReport.Mismatch)
  }

  private func compare(
    _ variable: Variable, _ found: StoredVariable, _ storedName: String, _ fingerprint: Digest?
  ) -> Comparison {
    let axes = configuration.axes(for: variable)
    let shape = axes.map { try? found.shape.transposed(axes: $0) } ?? found.shape
    let mayCast = NameSelection(configuration.casts).contains(variable.name)
    let hasType = variable.scalarType == found.scalarType
    guard shape == variable.shape, hasType || mayCast else {
      var remedies: [String] = []
      if shape != variable.shape {
        let reversed = try? found.shape.transposed(axes: (0..<found.shape.rank).reversed())
        if axes != nil {
          remedies.append("transposed it does not fit")
        } else if reversed == variable.shape {
          remedies.append("transposed it would fit")
        }
      }
      if !hasType, !mayCast, shape == variable.shape || remedies.contains("transposed it would fit") {
        remedies.append("a cast would make the dtypes equal")
      }
      return .differs(
        RestoreReport.Mismatch(
          name: variable.name, declared: "\(variable.scalarType) \(variable.shape)",
          stored: "\(found.scalarType) \(found.shape)",
          remedy: remedies.isEmpty ? nil : remedies.joined(separator: ", ")))
    }
    return .fits(
      RestoreReport.Source(
        name: variable.name, storedName: storedName, shape: variable.shape,
        storedShape: found.shape, scalarType: variable.scalarType, storedType: found.scalarType,
        axes: axes,
        isInitial: !found.isAssigned && found.fingerprint == fingerprint && axes == nil))
  }
}
