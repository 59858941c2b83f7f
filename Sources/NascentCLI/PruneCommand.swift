import ArgumentParser
import Nascent

/// `nascent prune`: removes checkpoints of training.
struct PruneCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract:
      "Removes the checkpoints with a step that no option keeps, and the bytes of theirs alone.",
    discussion: """
      A checkpoint stays that at least one option keeps; those without a step, such as initial, always
      stay. What becomes free in the file is used by what is written next.

      Examples:
        nascent prune run.db --keep-last 3
        nascent prune run.db --keep-last 3 --keep-every 1000 --keep-lowest loss
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
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if keepLast == nil, keepEvery == nil, keepLowest.isEmpty, keepHighest.isEmpty {
      throw ValidationError("say what to keep, such as --keep-last 3.")
    }
    for (option, number) in [("--keep-last", keepLast), ("--keep-every", keepEvery)] {
      if let number, number < 1 {
        throw ValidationError("\(option) must be 1 or more, found \(number).")
      }
    }
  }

  func run() async throws {
    // A store that is not there is not made; the error says so.
    _ = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let rules =
      (keepLast.map { [RetentionPolicy.last($0)] } ?? [])
      + (keepEvery.map { [RetentionPolicy.every($0)] } ?? [])
      + keepLowest.map { .best(by: .lowest($0)) } + keepHighest.map { .best(by: .highest($0)) }
    let removed = try await CheckpointStore(opening: store, isSilent: json).prune(
      keeping: RetentionPolicy(rules))
    if json {
      Console.print(json: ["removed": .array(removed.map(JSONValue.string))])
    } else {
      for name in removed { Console.print("removed \(name.printable)") }
      Console.print("\(removed.count) checkpoints removed")
    }
  }
}
