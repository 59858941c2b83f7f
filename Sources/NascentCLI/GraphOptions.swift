import ArgumentParser
import Foundation
import Nascent

/// The arguments that name a graph.
struct GraphOptions: ParsableArguments {
  @Argument(help: "A graph manifest (JSON).")
  var graph: String

  @Option(help: "A file with rules that give initializers by name; they go before the graph's own.")
  var rules: String?

  @Option(
    parsing: .unconditional, help: "The graph's seed, in place of the manifest's.")
  var seed: Int64?

  @Option(help: "Whose bits are meant: \(Dialect.all.map(\.name).joined(separator: ", ")).")
  var dialect: String?

  @Option(
    help: ArgumentHelp(
      "The shape of a variable that has null for a size, such as w=784,128; may be given several times.",
      valueName: "name=sizes"))
  var bind: [BindingArgument] = []

  /// Reads the manifest.
  func load() throws -> VariableGraph {
    let manifest = GraphManifest(registry: .standard)
    let rules = try rules.map { try manifest.rules(from: FileAccess.read($0)) } ?? []
    return try manifest.graph(
      from: FileAccess.read(graph), rules: rules, seed: seed,
      dialect: dialect.map { try Dialect(named: $0) },
      bindings: bind.map { ($0.name, $0.sizes) })
  }
}

/// `NAME=784,128`: a variable and its sizes.
struct BindingArgument: ExpressibleByArgument {
  let name: String
  let sizes: [Int]

  init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="), sign > argument.startIndex,
      let shape = ShapeArgument(argument: String(argument[argument.index(after: sign)...]))
    else { return nil }
    name = String(argument[..<sign])
    sizes = shape.sizes
  }
}

/// Whole files in and out, with errors that say which.
enum FileAccess {
  static func read(_ path: String) throws -> Data {
    guard FileManager.default.fileExists(atPath: path) else { throw MissingFileError(path: path) }
    do {
      return try Data(contentsOf: URL(filePath: path))
    } catch {
      throw FileError(path: path, action: "read", cause: error)
    }
  }

  /// Writes a file piece by piece; it is there under its name when it is whole.
  ///
  /// - Parameter inputs: Files that must not be lost by it: what is read, its own store, a key.
  static func write(
    to path: String, sparing inputs: [String], _ body: ((Data) throws -> Void) async throws -> Void
  ) async throws {
    let file = try WritableFile(replacing: path, sparing: inputs)
    try await body { try file.append($0.bytes) }
    try file.finish()
    try file.publish()
  }
}

extension TensorSource {
  /// The files that the tensors lie in, as far as they say it.
  var filePaths: [String] {
    Set(entries.indices.lazy.compactMap { location(of: $0)?.path }).sorted()
  }
}

/// The argument `--checkpoint`.
struct CheckpointOption: ParsableArguments {
  @Option(help: "The name of the checkpoint in the store.")
  var checkpoint = "initial"
}
