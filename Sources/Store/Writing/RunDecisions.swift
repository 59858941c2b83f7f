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
  /// True where the graph is that of model files, whose values come into the checkpoint beside those that it
  /// has.
  var isImport = false
}

/// What a run is to do, by what the store holds: the one place where it is decided, for a run that
/// begins and for a plan of one, and for imports alike. Nothing is written.
struct RunDecisions {
  /// What becomes of the checkpoint's rows.
  let rows: RowDecisions
  /// What is to be done with each selected variable and alias, in the order of declaration.
  private(set) var decisions: [MaterializationDecision] = []
  /// What is to be made, in the order of declaration.
  private(set) var parts: [VariablePart] = []
  /// What is made again of values of which only some chunks are there.
  private(set) var outdatedParts: [OutdatedPart] = []
  /// Variables that are not selected, or not in the share, and lose their value, because their declaration
  /// changed.
  private(set) var invalidated: [String] = []
  /// True where a value goes that nothing can make again, as `replace` allows.
  var losesIrreplaceable: Bool
  /// True where such a value was assigned.
  private(set) var losesAssigned: Bool

  /// Chunks of an incomplete payload that are to be removed, or all of it.
  struct OutdatedPart: Sendable {
    let payload: Int64
    let chunks: ClosedRange<Int>?
  }

  /// Where there are any, the run is refused.
  var conflicts: [MaterializationPlan.Conflict] { rows.losses + rows.foreign + rows.conflicts }
  /// Variables and aliases that are not selected, and stay as they are though the graph declares them
  /// otherwise.
  var kept: [String] {
    request.isImport ? [] : rows.kept.map(\.stored.name).filter { request.graph[$0] != nil }
  }

  private let request: RunRequest

  /// Compares a graph with a checkpoint.
  ///
  /// - Parameter checkpointID: The checkpoint; `nil` where there is none yet.
  /// - Parameter db: The store; `nil` where there is none yet.
  /// - Parameter damaged: Rows that are as good as gone.
  init(
    _ request: RunRequest, checkpointID: Int64?, in db: Database?, path: String,
    ignoring damaged: [RunRequest.DamagedRow] = []
  ) throws {
    self.request = request
    rows = try RowDecisions(
      request, StoredRows(of: checkpointID, in: db, path: path), ignoring: Set(damaged.map(\.id)))
    losesIrreplaceable = rows.losesIrreplaceable
    losesAssigned = rows.losesAssigned
    try decideVariables(db)
    invalidated += rows.invalidated
    decideAliases()
    let names = NameSet(names: damaged.lazy.map(\.name))
    guard !names.isEmpty else { return }
    decisions = decisions.map { decision in
      guard decision.isMade, names.contains(decision.name) else { return decision }
      return MaterializationDecision(
        name: decision.name, action: .replaced, reason: "remade: its row was damaged",
        byteCount: decision.byteCount, digest: decision.digest)
    }
  }

  private mutating func decideVariables(_ db: Database?) throws {
    let shared = request.share.map { share in
      let parts = ShareTable(of: request.graph, count: share.count).parts(of: share.index)
      return NameTable(byName: parts.lazy.map { ($0.variable.name, $0) })
    }
    decisions.reserveCapacity(request.graph.variables.count)
    for (variable, declaration) in zip(request.graph.variables, rows.declarations)
    where !declaration.isRefused {
      if declaration.isSelected,
        let part = shared == nil ? VariablePart(variable) : shared?[variable.name]
      {
        let decision = decide(variable, declaration)
        if !decision.isMade {
          decisions.append(decision)
        } else if part.isWhole {
          decisions.append(decision)
          parts.append(part)
          // Its row stays, and gets another value.
          if declaration.stored?.isAssigned == true, !declaration.isChanged {
            losesIrreplaceable = true
            losesAssigned = true
          }
        } else {
          try decide(part, declaration, asWhole: decision, db)
        }
      } else if declaration.difference != nil, declaration.stored?.hasValue == true {
        invalidated.append(variable.name)
      }
    }
  }

  private func decide(
    _ variable: Variable, _ declaration: RowDecisions.Declaration
  ) -> MaterializationDecision {
    func decision(
      _ action: MaterializationAction, _ reason: String, digest: Digest? = nil
    ) -> MaterializationDecision {
      MaterializationDecision(
        name: variable.name, action: action, reason: reason, byteCount: variable.byteCount,
        digest: digest)
    }
    if declaration.outcome == .kept, let target = declaration.stored?.aliasOf {
      return decision(
        .skipped, "kept: an alias of \(target), which has the same bytes",
        digest: variable.initializer.declaredDigest)
    }
    guard let old = declaration.stored, old.aliasOf == nil else {
      return decision(.materialized, "new")
    }
    guard old.hasValue else {
      return decision(.materialized, "declared before, not made yet")
    }
    let isImported = variable.initializer.declaredDigest != nil
    let loss =
      old.isAssigned
      ? "; the assigned value is lost"
      : declaration.losesImported ? "; the imported value is lost" : ""
    if request.isImport, declaration.difference != nil {
      let isEqual = old.digest == variable.initializer.declaredDigest
      return decision(
        .replaced,
        isEqual
          ? "taken from the file: what it was made of changes"
          : "taken from the file: the policy is replace\(loss)")
    }
    if let difference = declaration.difference {
      return decision(.replaced, "remade: \(difference)\(loss)")
    }
    // What was imported cannot be made, but by importing it.
    if request.policy == .replace, !isImported || request.isImport {
      return decision(.replaced, "remade: the policy is replace\(loss)")
    }
    if old.isRecipe, !request.isRecipe {
      return decision(.materialized, "only the recipe was stored")
    }
    let kept =
      old.isAssigned
      ? "kept: its value was assigned" : isImported ? "kept: its value was imported" : "unchanged"
    return request.policy == .verify
      ? decision(
        .verified, "\(kept); the stored bytes are compared with their digests", digest: old.digest)
      : decision(.skipped, kept, digest: old.digest)
  }

  /// Decides about chunks of a variable that must be made.
  private mutating func decide(
    _ part: VariablePart, _ declaration: RowDecisions.Declaration,
    asWhole whole: MaterializationDecision,
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
    let isMakeable = part.variable.initializer.declaredDigest == nil || request.isImport
    if request.policy == .replace, isMakeable {
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
    let variables = request.graph.variables
    for alias in rows.aliases where alias.isSelected && !alias.isRefused && request.share == nil {
      let variable = variables[alias.target]
      let target = rows.declarations[alias.target]
      if alias.outcome == .declared {
        // A value that is not the declared one any more is not the alias's either.
        decisions.append(
          MaterializationDecision(
            name: alias.name, action: .aliased, reason: "alias of \(variable.name)",
            byteCount: variable.byteCount, digest: target.isChanged ? nil : target.stored?.digest,
            target: variable.name))
      } else {
        decisions.append(
          MaterializationDecision(
            name: alias.name, action: .skipped,
            reason: "kept: it has the bytes of \(variable.name) already",
            byteCount: variable.byteCount, digest: variable.initializer.declaredDigest))
      }
    }
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
    return found.ordered
  }
}
