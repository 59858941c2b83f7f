internal import Tensors
internal import VariableGraph

extension StoredVariable {
  /// In words, what of the declaration differs from the stored one; `nil` where nothing does.
  ///
  /// - Parameter changedInputs: The variables that its expression reads whose values change.
  func difference(
    from variable: Variable, in graph: VariableGraph, fingerprint: Digest,
    changedInputs: [String] = []
  ) -> String? {
    guard fingerprint != self.fingerprint || aliasOf != nil else { return nil }
    if let aliasOf { return "it was an alias of \"\(aliasOf)\"" }
    var changes: [String] = []
    func compare(_ field: String, _ old: String, _ new: String) {
      if old != new { changes.append("\(field) changed from \(old) to \(new)") }
    }
    compare("dialect", dialect, variable.dialect.name)
    compare("shape", shape.json, variable.shape.json)
    compare("dtype", scalarType.rawValue, variable.scalarType.rawValue)
    let configuration = variable.initializer.configuration.canonicalText
    compare("initializer", initializerText, configuration)
    if initializerText == configuration {
      compare(
        "initializer version", String(initializerVersion), String(variable.initializer.version))
    }
    if seedOrigin == "graph", variable.initializer.seeding == .graph {
      compare("graph seed", graphSeed.map(String.init) ?? "none", String(graph.seed))
      compare(
        "place in the stream", placeText(metadata[StreamPlace.metadataKey]),
        placeText(variable.streamPlace?.json))
    }
    // A seed that comes or goes shows in the configuration of every initializer that comes with this
    // library; one of somebody else's may not say it there.
    if changes.isEmpty {
      compare("seed's origin", seedOrigin, variable.initializer.seeding.origin)
    }
    if !changedInputs.isEmpty {
      changes.append("it reads \(changedInputs.joined(separator: ", ")), which changed")
    }
    compare("fingerprint version", String(fingerprintVersion), String(Fingerprint.version))
    if changes.isEmpty, variable.initializer.seeding == .graph,
      variable.dialect.keyStream != .derived
    {
      return "its place in the order of keys changed, which counts in the dialect \(dialect)"
    }
    return changes.isEmpty ? "its fingerprint changed" : changes.joined(separator: "; ")
  }

  private func placeText(_ place: JSONValue?) -> String { place?.canonicalText ?? "none" }
}
