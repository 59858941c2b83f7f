import ArgumentParser
import Foundation
import Nascent

/// `nascent graph`: graphs for other programs, and from them.
struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draws graphs, and makes manifests of model files.",
    discussion: """
      Examples:
        nascent graph gpt2.db --format dot --output gpt2.dot
        nascent graph from model.safetensors --output graph.json
      """,
    subcommands: [GraphShowCommand.self, GraphFromCommand.self],
    defaultSubcommand: GraphShowCommand.self)
}

/// `nascent graph show`, or without a word `nascent graph`: a graph for Graphviz or Mermaid.
struct GraphShowCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract:
      "Writes a graph for Graphviz or Mermaid: modules as clusters, expressions and ties as edges.",
    discussion: """
      Examples:
        nascent graph digits.json --format dot | dot -Tsvg > digits.svg
        nascent graph show gpt2.db --format mermaid --output gpt2.mmd
      """)

  /// The language of the text.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case dot, mermaid

    var diagram: GraphDiagram.Format {
      switch self {
      case .dot: .dot
      case .mermaid: .mermaid
      }
    }
  }

  @Argument(help: "A store or a graph manifest.") var file: String
  @Option(help: "The language: dot or mermaid.") var format = Format.dot
  @OptionGroup var target: CheckpointOption
  @Option(help: "The file to write; standard output unless given.") var output: String?

  func run() async throws {
    let store =
      try StoreFile.isSQLite(file) ? CheckpointStore(path: file, for: .read) : nil
    let graph =
      try store?.graph(of: target.checkpoint)
      ?? GraphManifest(registry: .standard).graph(from: FileAccess.read(file))
    let text = GraphDiagram(of: graph).text(as: format.diagram)
    if let output {
      let inputs = try store?.filePaths() ?? [file]
      try await FileAccess.write(to: output, sparing: inputs) { try $0(Data(text.utf8)) }
    } else {
      Console.print(String(text.dropLast()))
    }
  }
}

/// `nascent graph from`: a manifest that declares the tensors of a model file.
struct GraphFromCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "from",
    abstract: "Makes a manifest with the names, shapes and dtypes of a model file.",
    discussion: """
      A file does not say how its values were made: rules give the initializers, here or when the manifest
      is used.

      Examples:
        nascent graph from model.safetensors --rules gpt2-rules.json --output gpt2.json
        nascent graph from weights.npz > graph.json
        nascent plan graph.json --rules rules.json
      """)

  @Argument(help: "A .safetensors, .npz or .npy file, or the index of several.") var file: String
  @Option(help: "A file with rules that give initializers by name, to be put into the manifest.")
  var rules: String?
  @Option(parsing: .unconditional, help: "The graph's seed.") var seed: Int64 = 0
  @Option(help: "Whose bits are meant: \(Dialect.all.map(\.name).joined(separator: ", ")).")
  var dialect = Dialect.tensorFlow.name
  @Option(help: "The manifest to write; standard output unless given.") var output: String?

  func run() async throws {
    let source = try ModelFile.open(file)
    let data = try GraphManifest(registry: .standard).data(
      declaring: source, seed: seed, dialect: Dialect(named: dialect),
      rules: rules.map { try FileAccess.read($0) })
    if let output {
      let inputs = [file] + source.filePaths + [rules].compactMap(\.self)
      try await FileAccess.write(to: output, sparing: inputs) { try $0(data) }
    } else {
      Console.print(String(decoding: data.dropLast(), as: UTF8.self))
    }
  }
}
