import ArgumentParser
import Nascent

/// `nascent prune`: removes checkpoints of training.
struct PruneCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract:
      "Removes the checkpoints with a step that no option keeps, and the bytes of theirs alone.",
    discussion: """
      A checkpoint stays that at least one option keeps; those without a step, such as initial, always
      stay. Where no option keeps any, the one of the highest step stays: the last one is removed by its
      name alone, with --remove. What becomes free in the file is used by what is written next.

      Examples:
        nascent prune run.db --keep-last 3 --dry-run
        nascent prune run.db --keep-last 3 --keep-every 1000 --keep-lowest loss
        nascent prune run.db --remove step-200
      """)

  @Argument(help: "A store.") var store: String
  @Option(help: "Keep the checkpoints of the N highest steps.") var keepLast: Int?
  @Option(help: "Keep the steps that N divides.") var keepEvery: Int?
  @Option(
    help: "Keep the checkpoint with the lowest value of a metric; may be given several times.")
  var keepLowest: [String] = []
  @Option(
    help: "Keep the checkpoint with the highest value of a metric; may be given several times.")
  var keepHighest: [String] = []
  @Option(
    help: "Remove the checkpoint of this name, also the last one; may be given several times.")
  var remove: [String] = []
  @Flag(help: "Remove nothing; say what would be removed.") var dryRun = false
  @Flag(help: "Print one JSON document.") var json = false

  /// What the options keep, each as it is given.
  private var rules: [(option: String, policy: RetentionPolicy)] {
    var rules: [(option: String, policy: RetentionPolicy)] = []
    if let keepLast { rules.append(("--keep-last \(keepLast)", .last(keepLast))) }
    if let keepEvery { rules.append(("--keep-every \(keepEvery)", .every(keepEvery))) }
    rules += keepLowest.map { ("--keep-lowest \($0)", .best(by: .lowest($0))) }
    rules += keepHighest.map { ("--keep-highest \($0)", .best(by: .highest($0))) }
    return rules
  }

  func validate() throws {
    if rules.isEmpty, remove.isEmpty {
      throw ValidationError("say what to keep, such as --keep-last 3.")
    }
    if !rules.isEmpty, !remove.isEmpty {
      throw ValidationError("give either --remove or what to keep.")
    }
    for (option, number) in [("--keep-last", keepLast), ("--keep-every", keepEvery)] {
      if let number, number < 1 {
        throw ValidationError("\(option) must be 1 or more, found \(number).")
      }
    }
  }

  func run() async throws {
    // A store that is not there is not made; the error says so.
    let reader = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let plan = try reader.pruningPlan(keeping: RetentionPolicy(rules.map(\.policy)))
    var removed = plan.removed
    if !remove.isEmpty {
      // All are there before the first one is removed; also a damaged one can be.
      let known = try reader.recordedCheckpoints().map(\.name)
      for name in remove where !known.contains(name) { _ = try reader.variables(in: name) }
      removed = known.filter(remove.contains)
    }
    if !dryRun {
      let writer = try CheckpointStore(opening: store, isSilent: json)
      if remove.isEmpty {
        removed = try await writer.prune(keeping: RetentionPolicy(rules.map(\.policy)))
      } else {
        for name in removed { try await writer.removeCheckpoint(named: name) }
      }
    }
    if json {
      Console.print(json: document(plan, removed))
    } else {
      printText(plan, removed)
    }
  }

  private func printText(_ plan: PruningPlan, _ removed: [String]) {
    for (rule, kept) in zip(rules, plan.kept) {
      let names = kept.names.map(\.printable).joined(separator: ", ")
      Console.print(
        "\(rule.option.printable) keeps \(names.isEmpty ? "none" : names)")
    }
    if let last = plan.last {
      Console.print("\(last.printable) stays: no option keeps it, and it is the last one")
    }
    for name in removed {
      Console.print("\(dryRun ? "would remove" : "removed") \(name.printable)")
    }
    Console.print("\(removed.count) checkpoints \(dryRun ? "would be removed" : "removed")")
  }

  private func document(_ plan: PruningPlan, _ removed: [String]) -> JSONValue {
    [
      "dryRun": .bool(dryRun), "removed": .array(removed.map(JSONValue.string)),
      "kept": .array(
        zip(rules, plan.kept).map { rule, kept in
          [
            "option": .string(rule.option),
            "checkpoints": .array(kept.names.map(JSONValue.string)),
          ]
        }),
      "lastKept": plan.last.map(JSONValue.string) ?? .null,
    ]
  }
}
