internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

/// What a run is asked for.
struct RunRequest: Sendable {
  let graph: VariableGraph
  let checkpoint: String
  let policy: ExistingPolicy
  let patterns: [GlobPattern]
  let isRecipe: Bool
}

/// What a run is to do, by what the store holds: the one place where it is decided, for a run that
/// begins and for a plan of one. Nothing is written.
struct RunDecisions: Sendable {
  /// What is to be done with each selected variable and alias, in the order of declaration.
  private(set) var decisions: [MaterializationDecision] = []
  /// Declarations that the policy forbids to replace.
  private(set) var conflicts: [MaterializationPlan.Conflict] = []
  /// Assigned values, which cannot be made again, that a run would lose; only `replace` may.
  private(set) var lostAssignments: [MaterializationPlan.Conflict] = []
  /// True where a run replaces assigned values by those that the declarations make.
  private(set) var losesAssigned = false
  /// Variables that are not selected and lose their value, because their declaration changed.
  private(set) var invalidated: [String] = []
  /// Stored variables that the graph does not have any more, in the order of their declaration.
  private(set) var removed: [PresentVariable] = []
  /// What the store has of each variable of the graph, in order.
  private(set) var declarations: [Declaration] = []
  /// What the store has of each alias of the graph, in order.
  private(set) var aliases: [PresentVariable?] = []
  /// The fingerprint of all declarations.
  let specFingerprint: Digest

  /// A declaration beside the one that is stored under its name.
  struct Declaration: Sendable {
    let fingerprint: Digest
    let stored: PresentVariable?
    /// In words, what differs from the stored one.
    let difference: String?
    /// True where the stored row is of another declaration, or there is none.
    var isChanged: Bool { stored == nil || difference != nil }
  }

  private let request: RunRequest

  /// Compares a graph with a checkpoint.
  ///
  /// - Parameter checkpointID: The checkpoint; `nil` where there is none yet.
  /// - Parameter db: The store; `nil` where there is none yet.
  init(_ request: RunRequest, checkpointID: Int64?, in db: Database?, path: String) throws {
    self.request = request
    let graph = request.graph
    let fingerprints = graph.fingerprints()
    let stored = try checkpointID.flatMap { try db?.presentVariables(in: $0) } ?? []
    // Most often the store has the same variables in the same order, and nothing must be looked up.
    let isInOrder =
      stored.count == graph.variables.count
      && zip(graph.variables, stored).allSatisfy { $0.name == $1.name }
    let byName =
      isInOrder ? [:] : Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
    declarations.reserveCapacity(graph.variables.count)
    var changed: Set<String> = []
    for (place, (variable, (_, fingerprint))) in zip(graph.variables, fingerprints).enumerated() {
      let old = isInOrder ? stored[place] : byName[variable.name]
      var difference: String?
      if let db, let checkpointID, let old, old.fingerprint != fingerprint || old.aliasOf != nil {
        let inputs = variable.expression?.variableNames.filter(changed.contains) ?? []
        changed.insert(variable.name)
        difference =
          try db.statement(.storedVariable)
          .first(.integer(checkpointID), .text(variable.name)) {
            try StoredVariable(row: $0, path: path)
              .difference(
                from: variable, in: graph, fingerprint: fingerprint, changedInputs: inputs)
          } ?? nil
      }
      declarations.append(
        Declaration(fingerprint: fingerprint, stored: old, difference: difference))
    }
    aliases = graph.aliases.map { byName[$0.name] }
    // One that is not bound yet keeps what it had, unless it reads what changed.
    let outdated = graph.unbound.filter {
      $0.expression?.variableNames.contains(where: changed.contains) ?? false
    }
    let lost = Set(outdated.map(\.name))
    removed =
      isInOrder
      ? []
      : stored.filter { !graph.declares($0.name) || lost.contains($0.name) }
        .sorted { $0.position < $1.position }
    let kept =
      isInOrder
      ? []
      : stored.filter {
        graph.declares($0.name) && graph[$0.name] == nil && !lost.contains($0.name)
      }
    // Of all that the checkpoint holds, what is kept included.
    specFingerprint = Fingerprint.graph(
      variables: fingerprints
        + kept.filter { $0.aliasOf == nil }.compactMap { old in
          old.fingerprint.map { (old.name, $0) }
        },
      aliases: graph.aliases
        + kept.compactMap { old in
          old.aliasOf.map { VariableGraph.Alias(name: old.name, target: $0) }
        })
    decideAssigned(stored)
    decideVariables()
    decideAliases()
  }

  private mutating func decideAssigned(_ stored: [PresentVariable]) {
    let assigned = stored.filter(\.isAssigned).sorted { $0.position < $1.position }
    guard !assigned.isEmpty else { return }
    guard request.policy != .replace else {
      losesAssigned = true
      return
    }
    let differences = Dictionary(
      uniqueKeysWithValues: zip(request.graph.variables, declarations).map {
        ($0.name, $1.difference)
      })
    for old in assigned {
      guard let difference = differences[old.name] else {
        guard !request.graph.declares(old.name) || request.graph[old.name] != nil else { continue }
        lostAssignments.append(.init(name: old.name, reason: "the graph does not have it"))
        continue
      }
      if let difference { lostAssignments.append(.init(name: old.name, reason: difference)) }
    }
  }

  private mutating func decideVariables() {
    let selected =
      request.patterns.contains("*")
      ? nil : Set(request.graph.variables(matching: request.patterns).map(\.name))
    decisions.reserveCapacity(request.graph.variables.count)
    for (variable, declaration) in zip(request.graph.variables, declarations) {
      if let old = declaration.stored, let difference = declaration.difference,
        old.digest != nil || old.aliasOf != nil,
        request.policy == .verify || request.policy == .fail
      {
        conflicts.append(.init(name: variable.name, reason: difference))
      } else if selected?.contains(variable.name) ?? true {
        decisions.append(decide(variable, declaration))
      } else if declaration.difference != nil, declaration.stored?.digest != nil {
        invalidated.append(variable.name)
      }
    }
  }

  private func decide(
    _ variable: Variable, _ declaration: Declaration
  ) -> MaterializationDecision {
    func decision(
      _ action: MaterializationAction, _ reason: String, digest: Digest? = nil
    ) -> MaterializationDecision {
      MaterializationDecision(
        name: variable.name, action: action, reason: reason, byteCount: variable.byteCount,
        digest: digest)
    }
    guard let old = declaration.stored, old.aliasOf == nil else {
      return decision(.materialized, "new")
    }
    guard let digest = old.digest else {
      return decision(.materialized, "declared before, not made yet")
    }
    if let difference = declaration.difference {
      return decision(.replaced, "remade: \(difference)")
    }
    if request.policy == .replace {
      let loss = old.isAssigned ? "; the assigned value is lost" : ""
      return decision(.replaced, "remade: the policy is replace\(loss)")
    }
    if old.isRecipe, !request.isRecipe {
      return decision(.materialized, "only the recipe was stored")
    }
    let kept = old.isAssigned ? "kept: its value was assigned" : "unchanged"
    return request.policy == .verify
      ? decision(
        .verified, "\(kept); the stored bytes are compared with their digests", digest: digest)
      : decision(.skipped, kept, digest: digest)
  }

  private mutating func decideAliases() {
    let graph = request.graph
    guard !graph.aliases.isEmpty else { return }
    let selection = NameSelection(request.patterns)
    let places = Dictionary(
      uniqueKeysWithValues: graph.variables.enumerated().map { ($1.name, $0) })
    for (alias, old) in zip(graph.aliases, aliases) {
      guard let place = places[alias.target] else {
        preconditionFailure("an alias stands for a variable of its graph")
      }
      if let reason = conflict(alias, old) {
        conflicts.append(.init(name: alias.name, reason: reason))
      } else if selection.contains(alias.name) {
        let target = declarations[place]
        // A value that is not the declared one any more is not the alias's either.
        let digest = target.isChanged ? nil : target.stored?.digest
        decisions.append(
          MaterializationDecision(
            name: alias.name, action: .aliased, reason: "alias of \(alias.target)",
            byteCount: graph.variables[place].byteCount, digest: digest, target: alias.target))
      }
    }
  }

  /// Why an alias may not take the place of what is stored under its name: another alias, or a variable
  /// with a value of its own.
  private func conflict(_ alias: VariableGraph.Alias, _ old: PresentVariable?) -> String? {
    guard request.policy == .verify || request.policy == .fail, let old,
      old.aliasOf != alias.target, old.aliasOf != nil || old.digest != nil
    else { return nil }
    let before = old.aliasOf.map { "an alias of \"\($0)\"" } ?? "a variable of its own"
    return "it was \(before), and is an alias of \"\(alias.target)\""
  }
}

extension Database {
  /// As much of every variable of a checkpoint as decisions need.
  func presentVariables(in checkpointID: Int64) throws -> [PresentVariable] {
    var found: [PresentVariable] = []
    try statement(.presentVariables).withRows([.integer(checkpointID)]) {
      found.append(PresentVariable(row: $0))
    }
    return found
  }
}
