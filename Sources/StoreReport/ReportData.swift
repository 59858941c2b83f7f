internal import Store
internal import Tensors
internal import VariableGraph

/// Everything the page shows, as one JSON document: a list a column, so that thousands of variables
/// stay small.
struct ReportData {
  let storeName: String
  let recorded: RecordedCheckpoint
  let descriptions: NameTable<VariableDescription>
  let specs: SpecTable
  let specPlaces: [Int]
  let pictures: NameTable<VariablePicture>
  let checkpoints: [CheckpointSummary]
  let saved: [SavedCheckpoint]
  let runs: [RunSummary]

  private var summary: CheckpointSummary { recorded.summary }
  private var stored: [StoredVariable] { recorded.variables }

  /// Variables that deviate, aliases left out.
  var deviating: [String] {
    stored.filter { $0.aliasOf == nil && verdict(of: $0) == .deviates }.map(\.name)
  }

  /// What the bytes say now, or, where the initializer is not known here, what its own program found.
  private func verdict(of variable: StoredVariable) -> DistributionVerdict? {
    guard let picture = pictures[variable.name] else {
      return descriptions[variable.name]?.verdict
    }
    if picture.deviates { return .deviates }
    if picture.check.verdict == .notChecked, picture.damages.isEmpty {
      return descriptions[variable.name]?.verdict ?? .notChecked
    }
    return picture.check.verdict
  }

  private func reason(of variable: StoredVariable) -> String? {
    guard verdict(of: variable) == .deviates else { return nil }
    var reasons: [String] = []
    if let reason = pictures[variable.name]?.check.reason { reasons.append(reason) }
    if let fit = pictures[variable.name]?.fit, !fit.fits {
      reasons.append(
        "cumulative function \(Float(fit.distance)) from the promised one (limit \(Float(fit.limit)))"
      )
    }
    if reasons.isEmpty, let deviation = descriptions[variable.name]?.deviation {
      reasons.append(deviation)
    }
    return reasons.joined(separator: "; ")
  }

  /// What is wrong with the rows of the checkpoint, and of the others that the page lists.
  var flaws: [String] {
    recorded.flaws
      + checkpoints.filter { NameKey($0.name) != NameKey(summary.name) }.compactMap { other in
        other.flaw.map { "checkpoint \"\(other.name.shown)\": \($0)" }
      }
  }

  /// The document.
  var json: JSONValue {
    [
      "store": .string(storeName), "checkpoint": checkpointJSON,
      "flaws": .array(flaws.map(JSONValue.string)),
      "checkpoints": .array(checkpoints.map(Self.json)),
      "metrics": .object(
        Dictionary(
          saved.map { saved in
            (
              saved.name,
              JSONValue.object(saved.metrics.mapValues { ReportNumber.json($0) })
            )
          }
        ) { first, _ in first }),
      "runs": .array(runs.map(Self.json)), "specs": .array(specs.json),
      "states": .array(Self.states.map(JSONValue.string)),
      "verdicts": .array(DistributionVerdict.allCases.map { .string($0.rawValue) }),
      "variables": variablesJSON, "edges": edgesJSON,
    ]
  }

  private static let states = ["materialized", "assigned", "recipe", "declared", "alias"]

  private static func state(of variable: StoredVariable) -> Int {
    if variable.aliasOf != nil { return 4 }
    if variable.isMaterialized { return variable.isAssigned ? 1 : 0 }
    return variable.isRecipe && variable.hasValue ? 2 : 3
  }

  private var checkpointJSON: JSONValue {
    [
      "name": .string(summary.name), "step": summary.step.map { ReportNumber.json($0) } ?? .null,
      // A seed has 64 bits, more than a number of JavaScript.
      "seed": .string("\(summary.seed)"), "dialect": .string(summary.dialect),
      "created": .string(summary.createdAt),
      "spec": .string(summary.specFingerprint), "content": ReportNumber.json(summary.contentDigest),
    ]
  }

  private static func json(_ summary: CheckpointSummary) -> JSONValue {
    [
      "name": .string(summary.name), "step": summary.step.map { ReportNumber.json($0) } ?? .null,
      "variables": ReportNumber.json(summary.variables),
      "materialized": ReportNumber.json(summary.materialized),
      "bytes": ReportNumber.json(summary.bytes), "created": .string(summary.createdAt),
    ]
  }

  private static func json(_ run: RunSummary) -> JSONValue {
    [
      "started": .string(run.startedAt), "finished": ReportNumber.json(run.finishedAt),
      "checkpoint": .string(run.checkpoint), "tool": .string(run.toolVersion),
      "counts": .array(
        [run.materialized, run.skipped, run.verified, run.replaced, run.failed]
          .map { ReportNumber.json($0) }),
    ]
  }

  private var edgesJSON: JSONValue {
    var places: NameTable<Int> = [:]
    for (place, variable) in stored.enumerated() { places[variable.name] = place }
    return .array(
      stored.map(DependencyNode.init).flatMap(\.dependencies).compactMap { edge in
        guard let source = places[edge.source], let target = places[edge.target] else { return nil }
        return .array([
          ReportNumber.json(source), ReportNumber.json(target),
          ReportNumber.json(edge.kind == .tie ? 1 : 0),
        ])
      })
  }

  private var variablesJSON: JSONValue {
    var columns = VariableColumns()
    for (variable, spec) in zip(stored, specPlaces) {
      // An alias shows what it stands for.
      let source = variable.aliasOf ?? variable.name
      let description = descriptions[source]
      columns.add(
        VariableColumns.Row(
          variable: variable, spec: spec, state: Self.state(of: variable),
          verdict: variable.aliasOf == nil ? verdict(of: variable) : description?.verdict,
          reason: reason(of: variable), description: description, picture: pictures[source]))
    }
    return columns.json
  }
}
