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
    let fingerprint = graph.unbound.isEmpty ? graph.fingerprint() : nil
    if json {
      Console.print(json: document(graph, fingerprint))
      return
    }
    let rows = graph.declarations.map { declaration in
      switch declaration {
      case .variable(let variable):
        [
          variable.name, variable.shape.description, variable.scalarType.rawValue,
          Console.bytes(variable.byteCount), variable.initializer.configuration.description,
        ]
      case .unbound(let variable):
        [
          variable.name, variable.shape?.description ?? "?", variable.scalarType?.rawValue ?? "?",
          "not bound", variable.initializer.configuration.description,
        ]
      }
    }
    let heading = ["NAME", "SHAPE", "DTYPE", "BYTES", "INITIALIZER"]
    Console.print(Console.table([heading] + rows, rightAligned: [3]))
    for variable in graph.unbound { Console.print("\(variable.name): \(variable.missing)") }
    for alias in graph.aliases + graph.waitingAliases {
      Console.print("\(alias.name) is an alias of \(alias.target)")
    }
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
      spec fingerprint \(fingerprint?.hex ?? "none yet: not every variable is bound")
      """)
  }

  private func document(_ graph: VariableGraph, _ fingerprint: Digest?) -> JSONValue {
    [
      "seed": .integer(graph.seed), "dialect": .string(graph.dialect.name),
      "elements": .integer(Int64(graph.elementCount)), "bytes": .integer(Int64(graph.byteCount)),
      "specFingerprint": fingerprint.map { .string($0.hex) } ?? .null,
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
          ["name": .string($0.name), "target": .string($0.target)]
        }),
      "lints": .array(graph.lints().map(\.json)),
    ]
  }
}
