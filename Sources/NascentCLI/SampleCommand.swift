import ArgumentParser
import Foundation
import Nascent

/// `nascent sample`: the values of one initializer as a NumPy file.
struct SampleCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Makes one tensor from an initializer and writes it as a .npy file.",
    discussion: """
      The values are those of the framework: `--seed S` is the initializer's own seed. Without a
      seed the graph seed 0 and the name "sample" count.

      Examples:
        nascent sample he_uniform --seed 7 --shape 3,3 --output a.npy
        nascent sample jax.nn.initializers.he_uniform --seed 7 --shape 3,3 --output b.npy
        nascent sample '{"class_name": "RandomNormal", "config": {"stddev": 0.02}}' --seed 1 \\
          --shape 50257,768 --slice 0:1000 --output head.npy
      """)

  @Argument(
    help: """
      A Keras identifier, such as he_uniform, another framework's function, such as \
      jax.nn.initializers.he_uniform, or a config object of either.
      """)
  var initializer: String
  @Option(help: "The size of each axis, such as 3,3; empty for a scalar.")
  var shape: ShapeArgument
  @Option(help: "The dtype.") var dtype = "float32"
  @Option(parsing: .unconditional, help: "The initializer's own seed.") var seed: Int64?
  @Option(help: "Whose bits are meant: \(Dialect.all.map(\.name).joined(separator: ", ")).")
  var dialect = "tensorflow"
  @Option(help: "Only elements A up to B, counted in row-major order: A:B.")
  var slice: SliceArgument?
  @Option(help: "The file to write.") var output: String

  func run() async throws {
    guard let type = ScalarType(rawValue: dtype) else {
      let known = ScalarType.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--dtype must be one of \(known), found \(dtype).")
    }
    var graph = VariableGraph(dialect: try Dialect(named: dialect))
    try graph.declare(
      "sample", shape: shape.sizes, dtype: type,
      initializer: InitializerRegistry.standard.initializer(configuration()))
    let whole = try graph.variable(named: "sample").shape
    let range = slice?.range ?? 0..<whole.elementCount
    try await FileAccess.write(to: output, sparing: []) { append in
      let shape = slice == nil ? whole : .vector(range.count)
      try append(NumPyFile.header(shape: shape, scalarType: type))
      try await Runtime(graph: graph).forEachPart(of: "sample", range) { part in
        try part.storage.withData(in: 0..<part.byteCount) { try append($0) }
      }
    }
  }

  /// The initializer as JSON, with `--seed` put into its config where it has a seed.
  private func configuration() throws -> JSONValue {
    var value = JSONValue.string(initializer)
    if initializer.first.map({ "{[\"".contains($0) }) == true {
      guard let parsed = try? JSONValue(parsing: Data(initializer.utf8)) else {
        throw InitializerError.malformedConfiguration(initializer)
      }
      value = parsed
    }
    guard let seed else { return value }
    let made = try InitializerRegistry.standard.initializer(value)
    var config = made.configuration.config
    guard config["seed"] != nil else { return value }
    config["seed"] = .integer(seed)
    return InitializerConfiguration(className: made.configuration.className, config: config).json
  }
}

/// `3,3`: sizes with commas between.
struct ShapeArgument: ExpressibleByArgument {
  let sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let sizes = parts.map { Int($0.trimmingCharacters(in: .whitespaces)) }
    if argument.isEmpty {
      self.sizes = []
    } else if sizes.contains(nil) {
      return nil
    } else {
      self.sizes = sizes.compactMap { $0 }
    }
  }
}

/// `A:B`: elements A up to B.
struct SliceArgument: ExpressibleByArgument {
  let range: Range<Int>

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let lower = parts[0], let upper = parts[1], lower >= 0, lower <= upper
    else { return nil }
    range = lower..<upper
  }
}
