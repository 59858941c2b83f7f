import Nascent
import TestSupport

/// A graph that a seed chose: which variables it has, and how each is declared.
struct SimulatedGraph: Hashable, CustomStringConvertible {
  /// What can be declared under each name; `nil` in `variants` leaves the name out.
  private static let names = ["a", "b", "layer/kernel", "layer/bias", "big", "sum"]
  /// The second name of `a`.
  static let alias = "tied"

  var seed: Int64
  var variants: [Int?]
  var isTied: Bool

  var description: String {
    "seed \(seed) "
      + zip(Self.names, variants).compactMap { name, variant in variant.map { "\(name):\($0)" } }
      .joined(separator: " ") + (isTied ? " tied" : "")
  }

  static func random(_ random: inout SeededGenerator) -> SimulatedGraph {
    var graph = SimulatedGraph(
      seed: .random(in: 1...3, using: &random), variants: [], isTied: false)
    for place in names.indices {
      // The variable of several chunks costs most of a run's time.
      let share = place == 4 ? 7 : place == 0 ? 90 : 65
      graph.variants.append(
        Int.random(in: 0..<100, using: &random) < share ? .random(in: 0...1, using: &random) : nil)
    }
    if graph.variants[0] == nil { graph.variants[5] = nil }
    graph.isTied = graph.variants[0] != nil && Bool.random(using: &random)
    return graph
  }

  /// The same graph with another variant, another seed, or one variable more or less.
  func changed(_ random: inout SeededGenerator) -> SimulatedGraph {
    var graph = self
    switch Int.random(in: 0..<6, using: &random) {
    case 0: graph.seed = .random(in: 1...3, using: &random)
    case 1: break
    default:
      let place = Int.random(in: 0..<4, using: &random)
      graph.variants[place] = Bool.random(using: &random) ? .random(in: 0...1, using: &random) : nil
    }
    if graph.variants[0] == nil {
      graph.variants[5] = nil
      graph.isTied = false
    }
    return graph
  }

  /// The declarations.
  func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    for (place, variant) in variants.enumerated() {
      guard let variant else { continue }
      let name = Self.names[place]
      switch (place, variant) {
      case (0, 0): try graph.declare(name, shape: [64], initializer: .normal())
      case (0, _): try graph.declare(name, shape: [3, 5], initializer: .normal())
      case (1, 0): try graph.declare(name, shape: [100], dtype: .float16, initializer: .normal())
      case (1, _): try graph.declare(name, shape: [100], initializer: .zeros)
      case (2, 0): try graph.declare(name, shape: [16, 16], initializer: .heUniform())
      case (2, _): try graph.declare(name, shape: [8, 8], initializer: .orthogonal())
      case (3, 0): try graph.declare(name, shape: [16], initializer: .zeros)
      case (3, _): try graph.declare(name, shape: [16], initializer: .uniform(in: -1..<1))
      case (4, 0): try graph.declare(name, shape: [270_000], initializer: .normal())
      case (4, _): try graph.declare(name, shape: [300_000], initializer: .uniform(in: 0..<1))
      case (_, 0): try graph.declare(name, as: .value("a").scaled(by: 2))
      default: try graph.declare(name, as: -TensorExpression.value("a"))
      }
    }
    if isTied { try graph.tie(Self.alias, to: "a") }
    return graph
  }

  /// The names of its variables, without the alias.
  var variableNames: [String] {
    zip(Self.names, variants).compactMap { name, variant in variant == nil ? nil : name }
  }

  /// What a variable's value depends on.
  func key(of name: String) -> String {
    let place = Self.names.firstIndex(of: name) ?? 0
    let input = place == 5 ? variants[0] ?? -1 : -1
    return "\(seed)/\(name)/\(variants[place] ?? -1)/\(input)"
  }
}

/// What the values must be, made in memory without a store, each once in a process.
final class ExpectedValues {
  private var digests: [String: Digest] = [:]

  func digests(of choice: SimulatedGraph) async throws -> [String: Digest] {
    var runtime: Runtime?
    var found: [String: Digest] = [:]
    for name in choice.variableNames {
      let key = choice.key(of: name)
      if digests[key] == nil {
        let maker = try runtime ?? Runtime(graph: choice.graph(), configuration: .simulated)
        runtime = maker
        digests[key] = try await maker.value(of: name).digest()
      }
      found[name] = digests[key]
    }
    return found
  }
}

extension RuntimeConfiguration {
  /// One thing after another, so that a seed says all.
  static let simulated = RuntimeConfiguration(jobCount: 1)
}

/// A model file in memory: some tensors, whose bytes follow from their names and a version.
struct SimulatedFile: TensorSource, CustomStringConvertible {
  let formatName = "safetensors"
  let entries: [TensorEntry]
  let version: Int

  init(names: [String], version: Int) throws {
    entries = try names.map {
      try TensorEntry(name: $0, shape: .vector(48), scalarType: .float32)
    }
    self.version = version
  }

  var description: String { "file \(entries.map(\.name)) version \(version)" }

  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    let bytes = bytes(of: entries[index].name)
    for place in 0..<span.byteCount {
      span.storeBytes(of: bytes[offset + place], toByteOffset: place, as: UInt8.self)
    }
  }

  func digest(of name: String) -> Digest { Digest(of: bytes(of: name)) }

  private func bytes(of name: String) -> [UInt8] {
    var generator = SeededGenerator(state: UInt64(version) &* 1000 &+ UInt64(name.utf8.count))
    return (0..<48).flatMap { _ -> [UInt8] in
      let value = Float.random(in: -1..<1, using: &generator)
      return (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
    }
  }
}
