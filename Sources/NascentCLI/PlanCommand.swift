import ArgumentParser
import Foundation
import Nascent

/// `nascent plan`: what a graph declares, and what a run would do, without making anything.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Checks a graph and lists what it declares, or what a run would do with a store.",
    discussion: """
      With --store it says what `materialize` with the same options would skip, remake and remove, and \
      why; the exit code is 1 where it would refuse to.

      Examples:
        nascent plan Examples/models/gpt2.json
        nascent plan Examples/models/gpt2.json --store gpt2.db
      """)

  @OptionGroup var options: GraphOptions
  @Option(help: "A store that a run would write to; it is not changed.") var store: String?
  @OptionGroup var target: CheckpointOption
  @OptionGroup var request: RunOptions
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    let asksForARun =
      request.onExisting != .skip || !request.only.isEmpty || request.recipeOnly
      || request.shard != nil || target.checkpoint != "initial"
    if store == nil, asksForARun {
      throw ValidationError(
        """
        --checkpoint, --on-existing, --only, --recipe-only and --shard say what a run is asked for; \
        give --store as well.
        """)
    }
  }

  func run() throws {
    let graph = try options.load()
    let plan = try store.map { try self.plan(graph, store: $0) }
    if !json { for lint in graph.lookAlikeNames() { Console.error(Self.text(of: lint)) } }
    let fingerprint = graph.unbound.isEmpty ? plan?.specFingerprint ?? graph.fingerprint() : nil
    if json {
      Console.print(json: document(graph, fingerprint, plan))
    } else {
      if let plan { printText(plan) } else { printText(graph) }
      Console.print(
        """

        \(Console.grouped(graph.variables.count)) variables, \
        \(Console.grouped(graph.elementCount)) elements, \(Console.bytes(graph.byteCount)); \
        seed \(graph.seed), dialect \(graph.dialect)
        spec fingerprint \(fingerprint?.hex ?? "none yet: not every variable is bound")
        """)
    }
    if let plan, !plan.conflicts.isEmpty { throw ExitCode(ExitStatus.no.code) }
  }

  private func plan(_ graph: VariableGraph, store path: String) throws -> MaterializationPlan {
    let patterns = try request.patterns(in: graph)
    let share = try request.share()
    if let share { Console.error(share.text) }
    // As a run would, which makes the file.
    guard FileManager.default.fileExists(atPath: path) else {
      return try MaterializationPlan(
        forNewStoreOf: graph, selecting: patterns, share: share?.share)
    }
    return try CheckpointStore(opening: path, for: .read, isSilent: json).plan(
      graph, checkpoint: target.checkpoint, policy: request.onExisting, selecting: patterns,
      share: share?.share, isRecipe: request.recipeOnly)
  }

  private func printText(_ graph: VariableGraph) {
    var sizes = CellTexts<Int>()
    var initializers = CellTexts<ObjectIdentifier>()
    func row(_ variable: Variable) -> [String] {
      [
        variable.name, variable.shape.description, variable.scalarType.rawValue,
        sizes.text(of: variable.byteCount) { Console.bytes(variable.byteCount) },
        // The graph has them all, so that no two are at one address.
        initializers.text(of: ObjectIdentifier(variable.declared)) {
          variable.declared.configuration.description
        },
      ]
    }
    let rows =
      graph.unbound.isEmpty
      ? graph.variables.map(row)
      : graph.declarations.map { declaration in
        switch declaration {
        case .variable(let variable): row(variable)
        case .unbound(let variable):
          [
            variable.name, variable.shape?.description ?? "?", variable.scalarType?.rawValue ?? "?",
            "not bound", variable.initializer.configuration.description,
          ]
        }
      }
    let heading = ["NAME", "SHAPE", "DTYPE", "BYTES", "INITIALIZER"]
    Console.print(table: [heading] + rows, rightAligned: [3])
    for variable in graph.unbound { Console.print("\(variable.name): \(variable.missing)") }
    for alias in graph.aliases + graph.waitingAliases {
      Console.print("\(alias.name) is an alias of \(alias.target)")
    }
    // Names that look alike stand on standard error already, whatever is planned.
    let lints = graph.lints().filter { $0.code != .lookAlikeNames }
    if !lints.isEmpty {
      Console.print(lints.map { "\n" + Self.text(of: $0) }.joined(separator: "\n"))
    }
  }

  private static func text(of lint: GraphLint) -> String {
    """
    \(lint.severity.rawValue) \(lint.code): \(lint.message)
    \(lint.wayOut)
    """
  }

  private func printText(_ plan: MaterializationPlan) {
    var sizes = CellTexts<Int>()
    let rows = plan.decisions.map { decision in
      [
        decision.name, decision.action.rawValue,
        sizes.text(of: decision.byteCount) { Console.bytes(decision.byteCount) }, decision.reason,
      ]
    }
    Console.print(table: [["NAME", "ACTION", "BYTES", "REASON"]] + rows, rightAligned: [2])
    Console.printLosses(removed: plan.removed, invalidated: plan.invalidated, kept: plan.kept)
    for conflict in plan.conflicts {
      Console.print(
        "\(conflict.name): refused, the policy is \(request.onExisting.rawValue): \(conflict.reason)"
      )
    }
    let counts = MaterializationAction.shown().map { "\(plan.count(of: $0)) \($0.rawValue)" }
    let byteCount = plan.decisions.filter(\.isMade).reduce(0) { $0 + $1.byteCount }
    Console.print(
      plan.conflicts.isEmpty
        ? "\n\(counts.joined(separator: ", ")); \(Console.bytes(byteCount)) to make"
        : "\nA run would refuse to begin: \(plan.conflicts.count) in conflict")
  }

  private func document(
    _ graph: VariableGraph, _ fingerprint: Digest?, _ plan: MaterializationPlan?
  ) -> JSONValue {
    let decisions = NameTable(byName: (plan?.decisions ?? []).map { ($0.name, $0) })
    func adding(_ name: String, _ members: [String: JSONValue]) -> JSONValue {
      guard let decision = decisions[name] else { return .object(members) }
      return .object(
        members.merging([
          "action": .string(decision.action.rawValue), "reason": .string(decision.reason),
          "sha256": decision.digest.map { .string($0.hex) } ?? .null,
        ]) { _, new in new })
    }
    var document: [String: JSONValue] = [
      "seed": .integer(graph.seed), "dialect": .string(graph.dialect.name),
      "elements": .integer(Int64(graph.elementCount)), "bytes": .integer(Int64(graph.byteCount)),
      "specFingerprint": fingerprint.map { .string($0.hex) } ?? .null,
      "variables": .array(
        graph.variables.map { variable in
          adding(
            variable.name,
            [
              "name": .string(variable.name),
              "shape": .array(variable.shape.dimensions.map { .integer(Int64($0)) }),
              "dtype": .string(variable.scalarType.rawValue),
              "bytes": .integer(Int64(variable.byteCount)),
              "initializer": variable.initializer.configuration.json,
            ])
        }),
      "unbound": .array(
        graph.unbound.map { variable in
          [
            "name": .string(variable.name), "shape": variable.shape?.json ?? .null,
            "dtype": variable.scalarType.map { .string($0.rawValue) } ?? .null,
            "missing": .string(variable.missing),
            "initializer": variable.initializer.configuration.json,
          ]
        }),
      "aliases": .array(
        (graph.aliases + graph.waitingAliases).map {
          adding($0.name, ["name": .string($0.name), "target": .string($0.target)])
        }),
      "lints": .array(graph.lints().map(\.json)),
    ]
    if let plan {
      document["checkpoint"] = .string(target.checkpoint)
      document["removed"] = .array(plan.removed.map(JSONValue.string))
      document["invalidated"] = .array(plan.invalidated.map(JSONValue.string))
      document["kept"] = .array(plan.kept.map(JSONValue.string))
      document["conflicts"] = .array(
        plan.conflicts.map { ["name": .string($0.name), "reason": .string($0.reason)] })
    }
    return .object(document)
  }
}

/// Texts that stand in a table again and again, each made once.
private struct CellTexts<Key: Hashable> {
  private var known: [Key: String] = [:]

  mutating func text(of key: Key, _ make: () -> String) -> String {
    if let text = known[key] { return text }
    let text = make()
    known[key] = text
    return text
  }
}
