import ArgumentParser
import Nascent

/// `nascent verify`: are the stored bytes what was recorded?
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hashes stored bytes again; exit code 1 where anything is damaged.",
    discussion: """
      Without --checkpoint all checkpoints of the store are verified.

      With --level regenerate the values are made again from their specs as well, and compared. Values that
      were assigned, as training does, or imported cannot be made again: of these the stored bytes are
      checked, and of imported ones also the digests of the import. `nascent repair` mends what is damaged.

      Each row of a variable and of the checkpoint is compared with its seal, which covers metrics and statistics,
      too, declarations with their fingerprints, all digests with the content digest; the file's own structure is
      checked. Only the log of runs is not protected.

      Example: nascent verify gpt2.db --level regenerate
      """)

  /// How deep to look.
  enum Level: String, ExpressibleByArgument, CaseIterable {
    case stored, regenerate

    /// As the library says it.
    var depth: VerificationLevel { self == .stored ? .stored : .regenerate }
  }

  @Argument(help: "A store.") var store: String
  @Option(help: "The name of a checkpoint in the store (default: all).")
  var checkpoint: String?
  @Option(help: "stored: hash the bytes; regenerate: make the values again, too.")
  var level = Level.stored
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    let store = try CheckpointStore(opening: store, for: .read, isSilent: json)
    var reports: [VerificationReport] = []
    if checkpoint == nil { reports = try await store.verifyAll(level: level.depth) }
    // A store without any says so.
    if reports.isEmpty {
      reports = [try await store.verify(checkpoint ?? "initial", level: level.depth)]
    }
    let isIntact = reports.allSatisfy(\.isIntact)
    if json {
      Console.print(json: document(reports, isIntact))
    } else {
      for report in reports { printText(report, isOneOfMany: reports.count > 1) }
    }
    guard isIntact else { throw ExitCode(ExitStatus.no.code) }
  }

  private func printText(_ report: VerificationReport, isOneOfMany: Bool) {
    let prefix = isOneOfMany ? "\(report.checkpoint.printable): " : ""
    for flaw in report.flaws { Console.print("\(prefix)damaged: \(flaw)", as: .red) }
    for damage in report.damages { Console.print("\(prefix)damaged: \(damage)", as: .red) }
    for mismatch in report.mismatches {
      Console.print(
        """
        \(prefix)other value: variable "\(mismatch.name)" made again has digest \(mismatch.found), \
        stored \(mismatch.expected)
        """)
    }
    func count(_ finding: VerificationReport.Finding) -> Int {
      report.outcomes.count { $0.finding == finding }
    }
    let unproved = count(.unproved)
    Console.print(
      """
      \(prefix)\(count(.verified)) verified, \(count(.damaged)) damaged, \
      \(report.unmaterialized.count) without stored bytes\
      \(level == .regenerate ? ", \(report.mismatches.count) of another value" : "")\
      \(report.assigned.isEmpty ? "" : ", \(report.assigned.count) assigned and not made again")\
      \(unproved == 0 ? "" : ", \(unproved) not proved, because rows are damaged")
      """)
    if !report.imported.isEmpty {
      Console.print(
        """
        \(prefix)\(report.imported.count) were imported and cannot be made again; they have the digests of \
        the import
        """)
    }
  }

  /// The entry of each checkpoint; where it is one, its keys stand at the top as well.
  private func document(_ reports: [VerificationReport], _ isIntact: Bool) -> JSONValue {
    let entries = reports.map(entry)
    var document = entries.count == 1 ? entries[0] : [:]
    document["level"] = .string(level.rawValue)
    document["intact"] = .bool(isIntact)
    document["checkpoints"] = .array(entries.map(JSONValue.object))
    return .object(document)
  }

  private func entry(_ report: VerificationReport) -> [String: JSONValue] {
    [
      "checkpoint": .string(report.checkpoint), "level": .string(level.rawValue),
      "intact": .bool(report.isIntact),
      "verified": .array(report.verified.map(JSONValue.string)),
      "unproved": .array(
        report.outcomes.filter { $0.finding == .unproved }.map { .string($0.name) }),
      "assigned": .array(report.assigned.map(JSONValue.string)),
      "imported": .array(report.imported.map(JSONValue.string)),
      "withoutBytes": .array(report.unmaterialized.map(JSONValue.string)),
      "flaws": .array(report.flaws.map(JSONValue.string)),
      "damaged": .array(
        report.damages.map { damage in
          [
            "variable": .string(damage.variable),
            "part": .string(damage.part.name),
            "chunk": damage.chunk.map { .integer(Int64($0)) } ?? .null,
            "expected": damage.expected.map { .string($0.hex) } ?? .null,
            "found": damage.found.map { .string($0.hex) } ?? .null,
          ]
        }),
      "mismatches": .array(
        report.mismatches.map { mismatch in
          [
            "variable": .string(mismatch.name), "expected": .string(mismatch.expected.hex),
            "found": .string(mismatch.found.hex),
          ]
        }),
    ]
  }
}

extension Damage.Part {
  /// As JSON has it.
  fileprivate var name: String {
    switch self {
    case .chunk: "chunk"
    case .whole: "whole"
    case .digests: "digests"
    case .value: "value"
    case .row: "row"
    }
  }
}
