import ArgumentParser
import Nascent

/// `nascent plan`: what a graph declares, without making anything.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Checks a graph and lists what it declares.",
    discussion: "Example: nascent plan Examples/models/gpt2.json")

  @OptionGroup var options: GraphOptions
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    let graph = try options.load()
    let fingerprint = graph.fingerprint()
    if json {
      Console.print(json: document(graph, fingerprint))
      return
    }
    let rows = graph.variables.map {
      [
        $0.name, $0.shape.description, $0.scalarType.rawValue, Console.bytes($0.byteCount),
        $0.initializer.configuration.description,
      ]
    }
    let heading = ["NAME", "SHAPE", "DTYPE", "BYTES", "INITIALIZER"]
    Console.print(Console.table([heading] + rows, rightAligned: [3]))
    for alias in graph.aliases { Console.print("\(alias.name) is an alias of \(alias.target)") }
    for lint in graph.lints() {
      Console.print(
        """

        \(lint.severity.rawValue) \(lint.code): \(lint.message)
        \(lint.wayOut)
        """)
    }
    Console.print(
      """

      \(Console.grouped(graph.variables.count)) variables, \
      \(Console.grouped(graph.elementCount)) elements, \(Console.bytes(graph.byteCount)); \
      seed \(graph.seed), dialect \(graph.dialect)
      spec fingerprint \(fingerprint)
      """)
  }

  private func document(_ graph: VariableGraph, _ fingerprint: Digest) -> JSONValue {
    [
      "seed": .integer(graph.seed), "dialect": .string(graph.dialect.name),
      "elements": .integer(Int64(graph.elementCount)), "bytes": .integer(Int64(graph.byteCount)),
      "specFingerprint": .string(fingerprint.hex),
      "variables": .array(
        graph.variables.map { variable in
          [
            "name": .string(variable.name),
            "shape": .array(variable.shape.dimensions.map { .integer(Int64($0)) }),
            "dtype": .string(variable.scalarType.rawValue),
            "bytes": .integer(Int64(variable.byteCount)),
            "initializer": variable.initializer.configuration.json,
          ]
        }),
      "aliases": .array(
        graph.aliases.map { ["name": .string($0.name), "target": .string($0.target)] }),
      "lints": .array(graph.lints().map(\.json)),
    ]
  }
}
