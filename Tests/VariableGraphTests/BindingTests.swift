import Initializers
import Tensors
import Testing
import VariableGraph

struct BindingTests {
  @Test func `a shape is bound later, and the variable is as if declared so`() throws {
    var late = VariableGraph(seed: 3)
    try late.declare("a", shape: [2], initializer: .zeros)
    try late.declare("w", shape: [.unknown, 128], initializer: .heUniform())
    try late.declare("b", shape: [128], initializer: .ones)
    #expect(late.variables.map(\.name) == ["a", "b"])
    #expect(late.unbound.map(\.name) == ["w"])
    #expect(late["w"] == nil && late.declares("w"))
    try late.bind("w", shape: [784, 128])
    var early = VariableGraph(seed: 3)
    try early.declare("a", shape: [2], initializer: .zeros)
    try early.declare("w", shape: [784, 128], initializer: .heUniform())
    try early.declare("b", shape: [128], initializer: .ones)
    #expect(late.description == early.description)
    #expect(late.fingerprint() == early.fingerprint())
    #expect(late.byteCount == early.byteCount && late.unbound.isEmpty)
  }

  @Test func `a long chain is bound with its first variable, in the order of declaration`() throws {
    let count = 2000
    func declare(in graph: inout VariableGraph, _ shape: PartialShape) throws {
      try graph.declare("v0", shape: shape, initializer: .ones)
      for number in 1...count {
        try graph.declare("v\(number)", as: TensorExpression.value("v\(number - 1)") + "v0")
        try graph.declare("w\(number)", shape: [number % 3], initializer: .zeros)
      }
      try graph.tie("last", to: "v\(count)")
      try graph.tie("first", to: "v0")
    }
    var late = VariableGraph()
    try declare(in: &late, [.unknown, 3])
    #expect(late.unbound.count == count + 1)
    try late.bind("v0", shape: [2, 3])
    var early = VariableGraph()
    try declare(in: &early, [2, 3])
    #expect(late.variables.map(\.name) == early.variables.map(\.name))
    #expect(Set(late.aliases) == Set(early.aliases))
    #expect(late.fingerprint() == early.fingerprint())
    #expect(late.unbound.isEmpty && late.waitingAliases.isEmpty)
    #expect(late["v7"]?.shape.dimensions == [2, 3] && late["w7"]?.shape.dimensions == [1])
  }

  @Test func `axes are bound one by one`() throws {
    var graph = VariableGraph()
    try graph.declare("w", shape: [.unknown, 3, .unknown], initializer: .zeros)
    try graph.bind("w", axis: -1, to: 4)
    #expect(graph.unbound[0].shape?.description == "[?, 3, 4]")
    try graph.bind("w", axis: 0, to: 2)
    #expect(graph["w"]?.shape.dimensions == [2, 3, 4])
  }

  @Test func `known sizes declare at once, rules count, and an empty list is a scalar`() throws {
    var graph = VariableGraph(rules: [InitializerRule("*/bias", .zeros)])
    try graph.declare("k", shape: [2, 3] as PartialShape, initializer: .zeros)
    try graph.declare("s", shape: [], initializer: .zeros)
    try graph.scope("dense") { try $0.declare("bias", shape: [.unknown]) }
    #expect(graph.variables.map(\.name) == ["k", "s"])
    try graph.bind("dense/bias", shape: [7])
    #expect(graph["dense/bias"]?.initializer.configuration.className == "Zeros")
    #expect(throws: GraphError.self) { try graph.declare("x", shape: [.unknown]) }
  }

  @Test func `shapes propagate to expressions and aliases`() throws {
    var graph = VariableGraph()
    try graph.declare("w", shape: [.unknown, 2], initializer: .zeros)
    try graph.tie("tied", to: "w")
    try graph.declare("t", as: .transpose("tied"))
    try graph.declare("u", shape: [.unknown], initializer: .zeros)
    try graph.declare("tt", as: .transpose("t"))
    try graph.declare("both", as: TensorExpression.value("u").broadcast(to: [2, 3]) + "t")
    try graph.declare("last", shape: [1], initializer: .zeros)
    #expect(graph.unbound.map(\.name) == ["w", "t", "u", "tt", "both"])
    #expect(graph.waitingAliases.map(\.name) == ["tied"])
    try graph.bind("tied", shape: [3, 2])
    #expect(graph.variables.map(\.name) == ["w", "t", "tt", "last"])
    #expect(graph["tt"]?.shape.dimensions == [3, 2] && graph["tied"]?.name == "w")
    #expect(graph.unbound.map(\.waitsFor) == [[], ["u"]])
    // A size that the expression cannot take is refused, and nothing is bound.
    let before = graph.description
    #expect(throws: GraphError.self) { try graph.bind("u", shape: [4]) }
    #expect(graph.description == before)
    try graph.bind("u", shape: [3])
    #expect(graph.variables.map(\.name) == ["w", "t", "u", "tt", "both", "last"])
  }

  @Test func `in PyTorch's dialect a late variable draws when it is bound`() throws {
    var graph = VariableGraph(seed: 0, dialect: .pyTorch)
    try graph.declare("lazy", shape: [4, .unknown], initializer: .heUniform())
    let first = try graph.declare("first", shape: [10, 10], initializer: .heUniform())
    #expect(first.streamPlace?.wordCount == 0)
    try graph.bind("lazy", shape: [4, 5])
    #expect(graph["lazy"]?.streamPlace?.wordCount == 100)
    #expect(graph.variables.map(\.name) == ["lazy", "first"])
  }

  private func message(_ body: (inout VariableGraph) throws -> Void) throws -> String {
    var graph = VariableGraph()
    try graph.declare("w", shape: [.unknown, 128, .unknown], initializer: .zeros)
    try graph.declare("one", shape: [.unknown, 128], initializer: .identity())
    try graph.declare("bound", shape: [3], initializer: .zeros)
    try graph.declare("e", as: .transpose("w"))
    try graph.tie("tied", to: "one")
    let before = graph.description
    do {
      try body(&graph)
      return "nothing was thrown"
    } catch {
      #expect(graph.description == before)
      return "\(error)"
    }
  }

  @Test func `what is missing is said, with the way out`() throws {
    let wayOut = """
      Give the sizes with graph.bind("one", shape: […]), or on the command line with --bind one=SIZES.
      """
    for name in ["one", "tied"] {
      #expect(
        try message { _ = try $0.variable(named: name) } == """
          Variable "one" has no value yet: axis 0 of its shape [?, 128] is not bound.
          \(wayOut)
          """)
    }
    #expect(try message { try $0.checkBound(matching: ["ti*"]) }.hasPrefix("Variable \"one\""))
    #expect(try message { try $0.checkBound(matching: ["bound"]) } == "nothing was thrown")
    #expect(
      try message { _ = try $0.checkBound(matching: ["e", "w"]) } == """
        Variable "w" has no value yet: axes 0, 2 of its shape [?, 128, ?] are not bound.
        Variable "e" has no value yet: it reads "w", which is not bound.
        Give the sizes with graph.bind("w", shape: […]), or on the command line with --bind w=SIZES.
        """)
    #expect(
      try message { _ = try $0.explanation(of: "e") } == """
        Variable "e" has no value yet: it reads "w", which is not bound.
        Give the sizes with graph.bind("w", shape: […]), or on the command line with --bind w=SIZES.
        """)
  }

  @Test func `sizes that do not fit, or come twice, are refused`() throws {
    #expect(
      try message { try $0.bind("one", shape: [3, 127]) } == """
        Cannot bind variable "one" to [3, 127]: it is declared as [?, 128].
        Give a shape of 2 axes that has the known sizes in their places.
        """)
    #expect(
      try message { try $0.bind("one", shape: [128]) }.hasPrefix("Cannot bind variable \"one\""))
    #expect(
      try message { try $0.bind("one", shape: [-1, 128]) } == """
        Cannot declare variable "one": Shape [-1, 128] has the negative size -1 at axis 0.
        Give every axis a size of 0 or more.
        """)
    #expect(
      try message { try $0.bind("bound", shape: [3]) } == """
        Cannot bind variable "bound": its shape is [3].
        A size is bound once; declare it as unknown, or leave the binding out.
        """)
    #expect(
      try message { try $0.bind("one", axis: 1, to: 3) } == """
        Cannot bind axis 1 of variable "one": it has a size in [?, 128].
        A size is bound once; leave the binding out.
        """)
    #expect(
      try message { try $0.bind("one", axis: 2, to: 3) } == """
        Cannot bind axis 2 of variable "one": it is declared as [?, 128].
        Give an axis from -2 to 1.
        """)
    #expect(
      try message { try $0.bind("e", shape: [3]) } == """
        Cannot bind variable "e": its shape follows from "w".
        Bind that.
        """)
    #expect(
      try message { try $0.bind("W", shape: [3]) } == """
        There is no variable "W" in the graph. Did you mean "e", "w"?
        Declare it first, or correct the name.
        """)
    #expect(
      try message { try $0.declare("one", shape: [1], initializer: .zeros) } == """
        Cannot declare variable "one": the name is already taken by a variable that is not bound.
        Choose another name, or read the existing variable with graph["one"].
        """)
    #expect(
      try message { try $0.declare("x", shape: [.unknown, -2], initializer: .zeros) } == """
        Cannot declare variable "x": Shape [0, -2] has the negative size -2 at axis 1.
        Give every axis a size of 0 or more.
        """)
  }
}
