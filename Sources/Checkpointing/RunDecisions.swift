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
  /// The share of the graph that is asked for; `nil` for all of it.
  var share: Share?
}

/// What a run is to do, by what the store holds: the one place where it is decided, for a run that
/// begins and for a plan of one. Nothing is written.
struct RunDecisions: Sendable {
  /// What is to be done with each selected variable and alias, in the order of declaration.
  private(set) var decisions: [MaterializationDecision] = []
  /// What is to be made, in the order of declaration.
  private(set) var parts: [VariablePart] = []
  /// What is made again of values of which only some chunks are there.
  private(set) var outdatedParts: [OutdatedPart] = []
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

  /// Chunks of an incomplete payload that are to be removed, or all of it.
  struct OutdatedPart: Sendable {
    let payload: Int64
    let chunks: ClosedRange<Int>?
  }

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
    let stored = (try checkpointID.flatMap { try db?.presentVariables(in: $0) } ?? []).ordered
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
    try decideVariables(db)
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

  private mutating func decideVariables(_ db: Database?) throws {
    let shared = request.share.map { share in
      let parts = ShareTable(of: request.graph, count: share.count).parts(of: share.index)
      return Dictionary(uniqueKeysWithValues: parts.map { ($0.variable.name, $0) })
    }
    let selected =
      request.patterns.contains("*")
      ? nil : Set(request.graph.variables(matching: request.patterns).map(\.name))
    decisions.reserveCapacity(request.graph.variables.count)
    for (variable, declaration) in zip(request.graph.variables, declarations) {
      if let old = declaration.stored, let difference = declaration.difference,
        old.hasValue || old.aliasOf != nil,
        request.policy == .verify || request.policy == .fail
      {
        conflicts.append(.init(name: variable.name, reason: difference))
      } else if selected?.contains(variable.name) ?? true,
        let part = shared == nil ? VariablePart(variable) : shared?[variable.name]
      {
        let decision = decide(variable, declaration)
        if !decision.isMade {
          decisions.append(decision)
        } else if part.isWhole {
          decisions.append(decision)
          parts.append(part)
        } else {
          try decide(part, declaration, asWhole: decision, db)
        }
      } else if declaration.difference != nil, declaration.stored?.hasValue == true {
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
    guard old.hasValue else {
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
        .verified, "\(kept); the stored bytes are compared with their digests", digest: old.digest)
      : decision(.skipped, kept, digest: old.digest)
  }

  /// Decides about chunks of a variable that must be made.
  private mutating func decide(
    _ part: VariablePart, _ declaration: Declaration, asWhole whole: MaterializationDecision,
    _ db: Database?
  ) throws {
    let name = part.variable.name
    func append(_ action: MaterializationAction, _ reason: String, _ made: [VariablePart]) {
      decisions.append(
        MaterializationDecision(
          name: name, action: action, reason: reason,
          byteCount: (made.isEmpty ? [part] : made).reduce(0) { $0 + $1.bytes.count }, digest: nil))
      parts += made
    }
    let count = Chunking.count(ofBytes: part.variable.byteCount)
    func chunks(_ range: Range<Int>) -> String {
      "chunks \(range.lowerBound) to \(range.upperBound - 1) of \(count)"
    }
    let old = declaration.difference == nil ? declaration.stored : nil
    if let old, old.hasValue, !old.isRecipe || request.isRecipe {
      return append(.skipped, "kept: it is whole, and a share would make a part of it", [])
    }
    guard let db, let partial = old?.partial else {
      return append(whole.action, "\(whole.reason): \(chunks(part.chunks))", [part])
    }
    guard !partial.isRecipe || request.isRecipe else {
      outdatedParts.append(OutdatedPart(payload: partial.payload, chunks: nil))
      return append(whole.action, "\(whole.reason): \(chunks(part.chunks))", [part])
    }
    if request.policy == .replace {
      outdatedParts.append(
        OutdatedPart(
          payload: partial.payload, chunks: part.chunks.lowerBound...part.chunks.upperBound - 1))
      return append(
        .replaced, "remade: the policy is replace: \(chunks(part.chunks))", [part])
    }
    let missing = try db.missingChunks(of: partial.payload, in: part.chunks)
    guard let first = missing.first, let last = missing.last else {
      return append(.skipped, "unchanged", [])
    }
    let text = chunks(first.lowerBound..<last.upperBound)
    append(
      .materialized, "not made yet: \(text)",
      missing.map { VariablePart(part.variable, chunks: $0) })
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
      } else if request.share == nil, selection.contains(alias.name) {
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
      old.aliasOf != alias.target, old.aliasOf != nil || old.hasValue
    else { return nil }
    let before = old.aliasOf.map { "an alias of \"\($0)\"" } ?? "a variable of its own"
    return "it was \(before), and is an alias of \"\(alias.target)\""
  }
}

extension [PresentVariable] {
  /// The rows in the order of their declaration, where that is written whole: the store gives them in the
  /// order of an index.
  fileprivate var ordered: [PresentVariable] {
    var places = [Int?](repeating: nil, count: count)
    for (place, row) in enumerated() {
      guard indices.contains(row.position), places[row.position] == nil else { return self }
      places[row.position] = place
    }
    return places.compactMap { $0.map { self[$0] } }
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
