import ArgumentParser
import Nascent

/// `nascent verify`: are the stored bytes what was recorded?
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hashes stored bytes again; exit code 1 where anything is damaged.",
    discussion: """
      With --level regenerate the values are made again from their specs as well, and compared. Values that
      were assigned, as training does, or imported cannot be made again: of these the stored bytes are
      checked, and of imported ones also the digests of the import. `nascent repair` mends what is damaged.

      Declarations are compared with their fingerprints, all digests with the content digest, and the file's
      own structure is checked. Steps, times, metrics, statistics and metadata are not protected.

      Example: nascent verify gpt2.db --level regenerate
      """)

  /// How deep to look.
  enum Level: String, ExpressibleByArgument, CaseIterable {
    case stored, regenerate
  }

  @Argument(help: "A store.") var store: String
  @OptionGroup var target: CheckpointOption
  @Option(help: "stored: hash the bytes; regenerate: make the values again, too.")
  var level = Level.stored
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    let store = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let report = try store.verify(target.checkpoint)
    var mismatches: [Regeneration.Mismatch] = []
    var assigned: [String] = []
    var imported: [String] = []
    // What is not declared as it was cannot be made again.
    if level == .regenerate, report.flaws.isEmpty {
      let graph = try store.graph(of: target.checkpoint)
      imported = graph.variables.filter { $0.initializer.declaredDigest != nil }.map(\.name)
      let stored = try store.variables(in: target.checkpoint)
      assigned = stored.filter(\.isAssigned).map(\.name)
      let digests = NameTable(
        byName: stored.filter { !$0.isAssigned }.compactMap { variable in
          variable.valueDigest.map { (variable.name, $0) }
        })
      mismatches = try await Regeneration(graph: graph).mismatches(with: digests)
    }
    if json {
      Console.print(json: document(report, mismatches, assigned, imported))
    } else {
      for flaw in report.flaws { Console.print("damaged: \(flaw)", as: .red) }
      for damage in report.damages { Console.print("damaged: \(damage)", as: .red) }
      for mismatch in mismatches {
        Console.print(
          """
          other value: variable "\(mismatch.name)" made again has digest \(mismatch.found), \
          stored \(mismatch.expected)
          """)
      }
      Console.print(
        """
        \(report.verified.count) verified, \(NameSet(names: report.damages.map(\.variable)).count) damaged, \
        \(report.unmaterialized.count) without stored bytes\
        \(level == .regenerate ? ", \(mismatches.count) of another value" : "")\
        \(assigned.isEmpty ? "" : ", \(assigned.count) assigned and not made again")
        """)
      if !imported.isEmpty {
        Console.print(
          "\(imported.count) were imported and cannot be made again; they have the digests of the import"
        )
      }
    }
    guard report.isIntact, mismatches.isEmpty else { throw ExitCode(ExitStatus.no.code) }
  }

  private func document(
    _ report: VerificationReport, _ mismatches: [Regeneration.Mismatch], _ assigned: [String],
    _ imported: [String]
  ) -> JSONValue {
    [
      "checkpoint": .string(target.checkpoint), "level": .string(level.rawValue),
      "intact": .bool(report.isIntact && mismatches.isEmpty),
      "verified": .array(report.verified.map(JSONValue.string)),
      "assigned": .array(assigned.map(JSONValue.string)),
      "imported": .array(imported.map(JSONValue.string)),
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
        mismatches.map { mismatch in
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
