import ArgumentParser
import Logging
import Nascent

/// `nascent materialize`: makes the values of a graph in a store.
struct MaterializeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "materialize",
    abstract: "Makes the values of a graph's variables and stores them.",
    discussion: """
      Run again, it skips what is there with the same declaration and remakes what changed. What --only does
      not select stays as it is. Imported and assigned values, which nothing can make again, are lost under no
      policy but --on-existing replace: a run that would lose one is refused.

      Examples:
        nascent materialize Examples/models/gpt2.json --store gpt2.db
        nascent materialize Examples/models/gpt2.json --store gpt2.db --on-existing verify
        nascent materialize Examples/models/gpt2.json --store part.db --only '*.h.0.*'
        nascent materialize Examples/models/gpt2.json --store part-3.db --shard 3/16
        srun -n 16 nascent materialize Examples/models/gpt2.json --store /local/part.db --shard auto
      """)

  @OptionGroup var options: GraphOptions
  @Option(help: "The store, a SQLite file; made where there is none.") var store: String
  @OptionGroup var target: CheckpointOption
  @OptionGroup var request: RunOptions
  @Option(help: "How many chunks are filled at once (default: all cores).") var jobs: Int?
  @Option(help: "A bound on tensor bytes in flight, such as 268435456 or 256MiB.")
  var memory = ByteCount(value: 256 << 20)
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Print no progress and no table.") var quiet = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be 1 or more, found \(jobs).") }
  }

  func run() async throws {
    let graph = try options.load()
    let patterns = try request.patterns(in: graph)
    let share = try request.share()
    if let share {
      let parts = ShareTable(of: graph, count: share.share.count).parts(of: share.share.index)
      let byteCount = parts.reduce(0) { $0 + $1.bytes.count }
      Console.error("\(share.text): \(parts.count) variables, \(Console.bytes(byteCount))")
    }
    let store = try CheckpointStore(opening: store, isSilent: quiet || json)
    let runtime = Runtime(
      graph: graph, store: store, checkpoint: target.checkpoint,
      configuration: RuntimeConfiguration(jobCount: jobs, memoryByteCount: memory.value),
      toolVersion: "nascent \(NascentVersion.current)",
      // What a logger would say is said below, in the words of a command.
      logger: Logger(label: "nascent") { _ in SwiftLogNoOpLogHandler() })
    let printer = ProgressPrinter(updates: runtime.progress(), isQuiet: quiet || json)
    let report: MaterializationReport
    do {
      let (policy, isRecipe, share) = (request.onExisting, request.recipeOnly, share?.share)
      report = try await printer.during {
        try await Interruption.stoppable {
          try await Remedy.adding(
            """
            Here: --only GLOB selects variables, --on-existing names the policy, and --checkpoint NAME another \
            checkpoint.
            """
          ) {
            try await runtime.materialize(
              matching: patterns, share: share, policy: policy, isRecipe: isRecipe)
          }
        }
      }
    } catch let interruption as InterruptedError {
      let stored = try store.checkpoint(named: target.checkpoint)
      Console.error(
        """
        Stopped. \(stored.materialized) of \(stored.variables) variables are stored; the same command goes \
        on from there.
        """)
      throw interruption.exitCode
    }
    if json {
      Console.print(json: Self.document(report))
    } else if !quiet {
      Self.printText(report)
    }
    for outcome in report.deviations {
      Console.error(
        """
        Warning: variable "\(outcome.name)" is not what its initializer promises: \
        \(outcome.check?.reason ?? "").
        """)
    }
    guard report.isIntact else {
      for flaw in report.flaws {
        Console.error("Damaged: \(flaw). Nothing was changed.", as: .red)
      }
      for damage in report.damages {
        Console.error("Damaged: \(damage).", as: .red)
      }
      throw ExitCode(ExitStatus.no.code)
    }
  }

  /// A run as text for people.
  static func printText(_ report: MaterializationReport) {
    let made = report.outcomes.filter { $0.action == .materialized || $0.action == .replaced }
    let reasons = Dictionary(grouping: made, by: \.reason)
    for (reason, outcomes) in reasons.sorted(by: { $0.key < $1.key }) {
      let names = outcomes.prefix(3).map(\.name).joined(separator: ", ")
      let rest = outcomes.count > 3 ? ", … (\(outcomes.count))" : ""
      Console.print("\(names)\(rest): \(reason)")
    }
    Console.printLosses(
      removed: report.removed, invalidated: report.invalidated, kept: report.kept)
    let counts = MaterializationAction.shown(report.count(of: .failed) > 0).map {
      "\(report.count(of: $0)) \($0.rawValue)"
    }
    Console.print(
      """
      \(counts.joined(separator: ", ")); \(Console.bytes(report.bytesWritten)) in \
      \(Console.fixed(report.seconds, 2)) s
      spec fingerprint \(report.specFingerprint)
      content digest   \(report.contentDigest?.hex ?? "none yet: not every variable has a value")
      """)
  }

  /// A run as one JSON document.
  static func document(_ report: MaterializationReport) -> JSONValue {
    [
      "checkpoint": report.checkpoint.map(JSONValue.string) ?? .null,
      "variables": .array(
        report.outcomes.map { outcome in
          [
            "name": .string(outcome.name),
            "action": .string(outcome.action.rawValue),
            "reason": .string(outcome.reason),
            "bytes": .integer(Int64(outcome.byteCount)),
            "sha256": outcome.digest.map { .string($0.hex) } ?? .null,
            "verdict": outcome.check.map { .string($0.verdict.rawValue) } ?? .null,
            "deviation": outcome.check?.reason.map(JSONValue.string) ?? .null,
          ]
        }),
      "flaws": .array(report.flaws.map(JSONValue.string)),
      "removed": .array(report.removed.map(JSONValue.string)),
      "invalidated": .array(report.invalidated.map(JSONValue.string)),
      "kept": .array(report.kept.map(JSONValue.string)),
      "specFingerprint": .string(report.specFingerprint.hex),
      "contentDigest": report.contentDigest.map { .string($0.hex) } ?? .null,
      "seconds": .double(report.seconds),
      "bytesWritten": .integer(Int64(report.bytesWritten)),
    ]
  }
}

extension MaterializationAction {
  /// The actions that a summary counts.
  static func shown(_ hasFailures: Bool = false) -> [MaterializationAction] {
    hasFailures ? allCases : allCases.filter { $0 != .failed }
  }
}

/// A number of bytes: digits, or digits with KiB, MiB or GiB.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  let value: Int
  var description: String { Console.bytes(value) }

  init(value: Int) { self.value = value }

  init?(argument: String) {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)]
    let unit = units.first { argument.hasSuffix($0.0) }
    let digits = unit == nil ? argument : String(argument.dropLast(3))
    guard let number = Int(digits), number > 0 else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
    guard !overflow else { return nil }
    self.value = value
  }
}
