import Nascent
import TestSupport
import Testing

struct VariablesTests {
  /// A part with one parameter.
  private struct Gain: Variables {
    @Parameter(shape: [2], initializer: .ones) var gain
  }

  /// Every kind of member.
  private struct Model: Variables {
    let width: Int
    let encoder: Gain
    let optional: Gain?
    let absent: Gain?
    let layers: [Gain]
    let named: [String: Gain]
    let choice: Choice
    let mixed: [any Variables]
    @Parameter var table: VariableReference
    let plain: Parameter

    static let memberNames = ["encoder": "first.part", "choice": ""]

    init() {
      width = 3
      encoder = Gain()
      optional = Gain()
      absent = nil
      layers = (0..<2).map { _ in Gain() }
      named = ["b": Gain(), "a": Gain()]
      choice = .one(Gain())
      mixed = [Gain(), Linear(inFeatures: 2, outFeatures: 3, bias: false)]
      _table = Parameter(shape: [3, 4], dtype: .float16, initializer: .zeros)
      plain = Parameter(shape: [], initializer: .zeros)
    }
  }

  private enum Choice: Variables {
    case one(Gain)
  }

  @Test func `names are the paths of properties, in the order of members`() throws {
    let model = Model()
    let graph = try VariableGraph(model, seed: 1, dialect: .pyTorch, rules: [])
    #expect(
      graph.variables.map(\.name) == [
        "first.part.gain", "optional.gain", "layers.0.gain", "layers.1.gain", "named.a.gain",
        "named.b.gain", "gain", "mixed.0.gain", "mixed.1.weight", "table", "plain",
      ])
    #expect(graph.name(of: model.layers[1].gain) == "layers.1.gain")
    #expect(try graph.variable(of: model.table).scalarType == .float16)
    #expect(graph[model.plain.wrappedValue]?.shape.rank == 0)
    #expect(graph[model.encoder.gain]?.shape.dimensions == [2])
  }

  @Test func `paths have the separator of the convention, and a prefix where one is given`() throws
  {
    let model = Model()
    #expect(try VariableGraph(model).variables[2].name == "layers/0/gain")
    #expect(try VariableGraph(model, dialect: .flaxLinen).variables[2].name == "layers_0/gain")
    #expect(try VariableGraph(model, dialect: .flaxNNX).variables[2].name == "layers.0.gain")
    var graph = VariableGraph(separator: ".")
    try graph.scope("outer") { try $0.declare(model, as: "inner") }
    #expect(graph.name(of: model.layers[0].gain) == "outer.inner.layers.0.gain")
    #expect(try graph.reinitialize(model.table, initializer: .ones).name == "outer.inner.table")
    #expect(graph["outer.inner.table"]?.initializer.configuration.className == "Ones")
  }

  @Test func `a variable's value is asked for by its member`() async throws {
    let model = Model()
    let runtime = Runtime(graph: try VariableGraph(model, seed: 1))
    #expect(try await runtime.value(of: model.layers[1].gain).array(of: Float.self) == [1, 1])
    #expect(try await runtime.slice(of: model.layers[0].gain, 0..<1).shape.elementCount == 1)
  }

  @Test func `a parameter that several members hold is one variable`() throws {
    struct Shared: Variables {
      let before: VariableReference
      let first: Gain
      let again: Gain
      let head: VariableReference
    }
    let gain = Gain()
    let graph = try VariableGraph(
      Shared(before: gain.gain, first: gain, again: gain, head: gain.gain))
    #expect(graph.variables.map(\.name) == ["first/gain"])
    #expect(graph.aliases.map(\.name) == ["again/gain", "head", "before"])
    #expect(graph.aliases.allSatisfy { $0.target == "first/gain" })
    #expect(graph.name(of: gain.gain) == "first/gain")
  }

  @Test func `parts that are made apart are apart, and copies are one`() throws {
    struct Stack: Variables {
      let layers: [Gain]
    }
    let apart = try VariableGraph(Stack(layers: (0..<3).map { _ in Gain() }))
    #expect(apart.variables.count == 3 && apart.aliases.isEmpty)
    let one = try VariableGraph(Stack(layers: Array(repeating: Gain(), count: 3)))
    #expect(one.variables.count == 1 && one.aliases.count == 2)
  }

  @Test func `a parameter without an initializer gets it from the rules`() throws {
    struct Plain: Variables {
      @Parameter(shape: [4]) var bias
    }
    let rules = [InitializerRule("*bias", .constant(3))]
    let graph = try VariableGraph(Plain(), dtype: .float64, rules: rules)
    #expect(graph.variables[0].initializer.configuration.className == "Constant")
    #expect(graph.variables[0].scalarType == .float64)
    #expect(throws: GraphError.self) { try VariableGraph(Plain()) }
  }

  @Test func `one model has the same names and bytes in every graph`() async throws {
    let model = Linear(inFeatures: 5, outFeatures: 7)
    let first = try VariableGraph(model, seed: 3)
    let second = try VariableGraph(Linear(inFeatures: 5, outFeatures: 7), seed: 3)
    #expect(first.fingerprint() == second.fingerprint())
    #expect(try VariableGraph(model, seed: 4).fingerprint() != first.fingerprint())
    var twice = VariableGraph(seed: 3)
    try twice.declare(model, as: "online")
    try twice.declare(model, as: "target")
    #expect(twice.variables.count == 2 && twice.aliases.count == 2)
  }

  @Test func `a large model is declared in linear time`() throws {
    struct Stack: Variables {
      let layers: [Linear]
    }
    func seconds(_ count: Int) throws -> Duration {
      let stack = Stack(layers: (0..<count).map { _ in Linear(inFeatures: 2, outFeatures: 2) })
      let clock = ContinuousClock()
      let start = clock.now
      let graph = try VariableGraph(stack, dialect: .pyTorch)
      #expect(graph.variables.count == 2 * count)
      return clock.now - start
    }
    _ = try seconds(1000)
    let (few, many) = (try seconds(1000), try seconds(20_000))
    // Twenty times as many take about twenty times as long; copies of the graph would take 400 times.
    #expect(many < few * 100)
  }
}
