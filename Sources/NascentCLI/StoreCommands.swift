import ArgumentParser
import Foundation
import Nascent

/// `nascent list`: the checkpoints of a store.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the checkpoints of a store.",
    discussion: """
      Each checkpoint's rows are compared with their seals; what is not as it was written is said below, and the
      exit code is 65 then.

      Example: nascent list gpt2.db
      """)

  @Argument(help: "A store.") var store: String
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    let store = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let checkpoints = try store.checkpoints()
    let saved = NameTable(byName: try store.recordedSavedCheckpoints().map { ($0.name, $0) })
    if json {
      Console.print(json: .array(checkpoints.map { document($0, saved[$0.name]) }))
    } else {
      printText(checkpoints, saved)
    }
    let damaged = checkpoints.filter { $0.flaw != nil }
    for checkpoint in damaged where !json {
      Console.print(
        "damaged: \(checkpoint.name.printable): \(checkpoint.flaw ?? "")", as: .red)
    }
    if !damaged.isEmpty { throw ExitCode(ExitStatus.badInput.code) }
  }

  private func printText(_ checkpoints: [CheckpointSummary], _ saved: NameTable<SavedCheckpoint>) {
    let rows = checkpoints.map {
      [
        $0.name, $0.step.map(String.init) ?? "-", "\($0.seed)", $0.dialect,
        "\($0.materialized) of \($0.variables)", Console.bytes($0.bytes),
        String(($0.contentDigest ?? "-").prefix(12)), $0.createdAt,
      ]
    }
    let heading = ["NAME", "STEP", "SEED", "DIALECT", "MATERIALIZED", "BYTES", "DIGEST", "CREATED"]
    guard saved.values.contains(where: { !$0.metrics.isEmpty }) else {
      return Console.print(table: [heading] + rows, rightAligned: [5])
    }
    let metrics = checkpoints.map { checkpoint in
      (saved[checkpoint.name]?.metrics ?? [:]).sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
    let table = [heading + ["METRICS"]] + zip(rows, metrics).map { $0 + [$1] }
    Console.print(table: table, rightAligned: [5])
  }

  private func document(_ summary: CheckpointSummary, _ saved: SavedCheckpoint?) -> JSONValue {
    [
      "metadata": saved?.metadata ?? [:],
      "metrics": .object((saved?.metrics ?? [:]).mapValues(JSONValue.double)),
      "name": .string(summary.name), "step": summary.step.map { .integer(Int64($0)) } ?? .null,
      "seed": .integer(summary.seed), "dialect": .string(summary.dialect),
      "variables": .integer(Int64(summary.variables)),
      "materialized": .integer(Int64(summary.materialized)),
      "bytes": .integer(Int64(summary.bytes)),
      "specFingerprint": .string(summary.specFingerprint),
      "contentDigest": summary.contentDigest.map(JSONValue.string) ?? .null,
      "createdAt": .string(summary.createdAt),
      "damaged": summary.flaw.map(JSONValue.string) ?? .null,
    ]
  }
}

/// `nascent show`: the variables of a checkpoint.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows variables: spec, state, statistics, digest.",
    discussion: "Example: nascent show gpt2.db '*.ln_1.*'")

  @Argument(help: "A store.") var store: String
  @Argument(help: "Which names; * matches any characters.") var glob = "*"
  @OptionGroup var target: CheckpointOption
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    let store = try CheckpointStore(opening: store, for: .read, isSilent: json)
    let variables = try selected(in: store)
    if json {
      Console.print(json: .array(variables.map(document)))
      return
    }
    let rows = variables.map {
      [
        $0.name, $0.shape, $0.dtype,
        $0.isAssigned && $0.state == "materialized" ? "assigned" : $0.state, number($0.mean),
        number($0.standardDeviation),
        number($0.minimum), number($0.maximum), $0.verdict?.rawValue ?? "-",
        String(($0.sha256 ?? "-").prefix(12)),
        $0.initializer.description,
      ]
    }
    let heading = [
      "NAME", "SHAPE", "DTYPE", "STATE", "MEAN", "STDDEV", "MIN", "MAX", "VERDICT", "SHA256",
      "INITIALIZER",
    ]
    Console.print(table: [heading] + rows, rightAligned: [4, 5, 6, 7])
  }

  private func selected(in store: CheckpointStore) throws -> [VariableDescription] {
    if !glob.contains(where: { "*?[".contains($0) }) {
      do {
        // One name is one row, however many there are.
        return [try store.description(of: glob, in: target.checkpoint)]
      } catch let error as CheckpointError where error.code == .unknownVariable {
        // A pattern may mean something yet.
      }
    }
    let pattern = GlobPattern(glob)
    let all = try store.descriptions(in: target.checkpoint)
    let variables = all.filter { pattern.matches($0.name) }
    if variables.isEmpty, glob != "*" { throw NoMatchError([glob], among: all.map(\.name)) }
    return variables
  }

  private func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    return value == 0 ? "0" : value.formatted(.number.precision(.significantDigits(1...5)))
  }

  private func document(_ variable: VariableDescription) -> JSONValue {
    func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    return [
      "name": .string(variable.name), "shape": variable.shapeJSON,
      "dtype": .string(variable.dtype), "state": .string(variable.state),
      "initializer": variable.initializer.json, "bytes": .integer(Int64(variable.byteCount)),
      "sha256": text(variable.sha256), "mean": optional(variable.mean),
      "standardDeviation": optional(variable.standardDeviation),
      "minimum": optional(variable.minimum), "maximum": optional(variable.maximum),
      "preview": text(variable.preview), "aliasOf": text(variable.aliasOf),
      "assigned": .bool(variable.isAssigned),
      "skew": optional(variable.skew), "kurtosis": optional(variable.excessKurtosis),
      "notFinite": variable.notFiniteCount.map { .integer(Int64($0)) } ?? .null,
      "verdict": text(variable.verdict?.rawValue), "deviation": text(variable.deviation),
    ]
  }
}

/// `nascent fingerprint`: one line for what is declared and what the values are.
struct FingerprintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract: "Prints the spec fingerprint, and the content digest where there is one.",
    discussion: """
      Two checkpoints of equal content digests have the same names, shapes, dtypes and bytes.

      Example: nascent fingerprint gpt2.db
      """)

  @Argument(help: "A store or a graph manifest.") var file: String
  @OptionGroup var target: CheckpointOption

  func run() throws {
    if try StoreFile.isSQLite(file) {
      let store = try CheckpointStore(opening: file, for: .read, isSilent: false)
      let summary = try store.checkpoint(named: target.checkpoint)
      let parts = [summary.specFingerprint] + (summary.contentDigest.map { [$0] } ?? [])
      Console.print(parts.joined(separator: " "))
    } else {
      let graph = try GraphManifest(registry: .standard).graph(from: FileAccess.read(file))
      try graph.checkBound()
      Console.print(graph.fingerprint().hex)
    }
  }
}

/// `nascent diff`: where two stores differ.
struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Names every variable in which two stores differ; exit code 1 where they do.",
    discussion: """
      Digests are compared from the top down; of a variable that differs, one chunk of each store is read,
      and of a recipe the part is made that differs.

      Example: nascent diff a.db b.db
      """)

  @Argument(help: "A store.") var first: String
  @Argument(help: "Another store.") var second: String
  @OptionGroup var target: CheckpointOption
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    let differences = try await CheckpointStore(opening: first, for: .read, isSilent: json)
      .differences(
        from: CheckpointStore(opening: second, for: .read, isSilent: json),
        checkpoint: target.checkpoint, registry: .standard)
    if json {
      let list = differences.map { difference -> JSONValue in
        [
          "name": .string(difference.name), "reason": .string(difference.reason),
          "firstElement": difference.firstElement.map { .integer(Int64($0)) } ?? .null,
        ]
      }
      Console.print(
        json: ["identical": .bool(differences.isEmpty), "differences": .array(list)])
    } else if differences.isEmpty {
      Console.print("identical")
    } else {
      for difference in differences { Console.print("\(difference.name): \(difference.reason)") }
      Console.print("\(differences.count) variables differ")
    }
    if !differences.isEmpty { throw ExitCode(ExitStatus.no.code) }
  }
}
