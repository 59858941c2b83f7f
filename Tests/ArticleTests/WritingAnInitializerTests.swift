import Foundation
import Nascent
import Testing

/// N(0, (gain / √inputs)²) for a weight [inputs, outputs].
struct Scaled: DistributionInitializer {
  let gain: Double
  let seed: Int64?

  var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Scaled",
      config: ["gain": .double(gain), "seed": seed.map(JSONValue.integer) ?? .null])
  }

  func distribution(for shape: Shape) throws -> SampledDistribution {
    guard shape.rank == 2, shape.dimensions[0] > 0 else {
      throw InitializerError(
        message: "Scaled needs a shape [inputs, outputs], found \(shape).\nReshape the weight.")
    }
    return .normal(mean: 0, standardDeviation: gain / Double(shape.dimensions[0]).squareRoot())
  }
}

/// 1 where row and column are both even or both odd, else 0.
struct Checkerboard: Initializer {
  let configuration = InitializerConfiguration(className: "Checkerboard", config: [:])

  func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    guard shape.rank == 2, scalarType == .float32 else {
      throw InitializerError(
        message: "Checkerboard makes float32 matrices, found \(scalarType) \(shape).\nDeclare one.")
    }
  }

  func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    let columns = target.shape.dimensions[1]
    for (place, index) in range.enumerated() {
      let isBlack = (index / columns + index % columns).isMultiple(of: 2)
      span.store(Float(isBlack ? 1 : 0), at: place * MemoryLayout<Float>.size)
    }
  }
}

/// The code of `WritingAnInitializer.md`.
@Test func `Writing an initializer prints what it shows`() async throws {
  let transcript = Transcript()
  func print(_ items: Any...) { transcript.print(items) }

  var graph = VariableGraph(seed: 1)
  try graph.declare("w", shape: [1024, 64], initializer: Scaled(gain: 2, seed: nil))
  print(try graph.variable(named: "w"))
  print(try await Runtime(graph: graph).slice(of: "w", 0..<3))

  do {
    try graph.declare("bias", shape: [64], initializer: Scaled(gain: 2, seed: nil))
  } catch {
    print(error)
  }

  try graph.declare("board", shape: [3, 3], initializer: Checkerboard())
  print(try await Runtime(graph: graph).value(of: "board"))

  var registry = InitializerRegistry.standard
  registry.register("Scaled") { reader in
    try Scaled(gain: reader.number("gain", default: 1), seed: reader.seed())
  }
  let manifest = """
    {"variables": [{"name": "w", "shape": [4, 4],
                    "initializer": {"class_name": "Scaled", "config": {"gain": 3}}}]}
    """
  let read = try GraphManifest(registry: registry).graph(from: Data(manifest.utf8))
  print(try read.variable(named: "w"))

  let page = try Page(article: "WritingAnInitializer")
  #expect(transcript.text == page.output)
}

@Test func `the article's initializers are the same in parts and have their deviation`()
  async throws
{
  var graph = VariableGraph(seed: 1)
  try graph.declare("w", shape: [1024, 64], initializer: Scaled(gain: 2, seed: nil))
  try graph.declare("board", shape: [5, 7], initializer: Checkerboard())
  for variable in graph.variables {
    let whole = try await Runtime(graph: graph).value(of: variable.name)
    let range = 9..<variable.shape.elementCount - 3
    let part = try await Runtime(graph: graph).slice(of: variable.name, range)
    #expect(part.digest() == (try whole.slice(elements: range).digest()))
  }
  let values = try await Runtime(graph: graph).value(of: "w").doubles()
  let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
  // The variance of n samples' mean square is 2 σ⁴ / n; five deviations of it.
  let expected = 4.0 / 1024
  #expect(abs(variance - expected) < 5 * expected * (2 / Double(values.count)).squareRoot())
}
