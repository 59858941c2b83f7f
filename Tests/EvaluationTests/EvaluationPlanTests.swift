import Initializers
import Tensors
import Testing
import VariableGraph

@testable import Filling

struct EvaluationPlanTests {
  /// The kinds of the held steps of variable `e`, in their order.
  private func held(_ declare: (inout VariableGraph) throws -> Void) throws -> [String] {
    var graph = VariableGraph()
    try graph.declare("v", shape: [4, 4], initializer: .normal())
    try graph.declare("o", shape: [4, 4], initializer: .orthogonal())
    try declare(&graph)
    let steps = try EvaluationGraph(graph)
    let plan = EvaluationPlan(steps, root: steps.root(of: try graph.variable(named: "e")))
    return plan.held.map { number in
      switch plan.nodes[number].kind {
      case .variable: "variable"
      case .combine: "combine"
      case .norm: "norm"
      case .product: "product"
      case .factors: "factors"
      default: "other"
      }
    }
  }

  @Test func `element-wise steps and moves of elements stream`() throws {
    #expect(
      try held {
        try $0.declare("a", as: .transpose("v") + TensorExpression.value("v").scaled(by: 2))
        try $0.declare(
          "e", as: .concatenate([.value("a").sliced(0..<2), "a", .zeros(like: "a")]).repeated(3))
      } == [])
    #expect(
      try held {
        try $0.declare("e", as: .stack((0..<1000).map { _ in .transpose("v") }))
      } == [])
  }

  @Test func `what is made as a whole is held once, in order`() throws {
    #expect(try held { try $0.declare("e", as: .copy("o")) } == ["variable"])
    #expect(
      try held {
        let svd = TensorExpression.value("o").svd
        try $0.declare("n", as: TensorExpression.value("v").norm(axes: [1]))
        try $0.declare("e", as: .matmul(svd.u * svd.vt, "v" / .value("n").broadcast(to: [4, 4])))
      } == ["norm", "variable", "factors", "product"])
  }

  @Test func `steps that are read again and again are held`() throws {
    let doubling = try held {
      try $0.declare("d0", as: "v" - .transpose("v"))
      for number in 1...40 {
        let last = TensorExpression.value("d\(number - 1)")
        try $0.declare("d\(number)", as: last - last.transposed())
      }
      try $0.declare("e", as: .copy("d40"))
    }
    // More than 16 steps are reached after three doublings: about every third is held.
    #expect(doubling.count >= 10 && doubling.count <= 40)
  }

  @Test func `a chain is cut, so that steps do not nest without bound`() throws {
    let chain = try held {
      try $0.declare("d0", as: -TensorExpression.value("v"))
      for number in 1...320 {
        try $0.declare("d\(number)", as: TensorExpression.value("d\(number - 1)").scaled(by: 2))
      }
      try $0.declare("e", as: .copy("d320"))
    }
    #expect(chain.count == 10)
  }

  @Test func `the plans of a chain look at a few steps each, however long it is`() async throws {
    func visitedStepCount(_ count: Int) async throws -> Int {
      var graph = VariableGraph()
      try graph.declare("v", shape: [4], initializer: .normal())
      try graph.declare("d0", as: -TensorExpression.value("v"))
      for number in 1..<count {
        try graph.declare("d\(number)", as: TensorExpression.value("d\(number - 1)") + "v")
      }
      let evaluation = Evaluation(graph: graph, jobCount: 2, keptByteCount: 1 << 20)
      for variable in graph.variables { _ = try await evaluation.target(for: variable) }
      return await evaluation.visitedStepCount
    }
    let (short, long) = (try await visitedStepCount(250), try await visitedStepCount(1000))
    // Without what is held there would be 31,000 and 500,000.
    #expect(short < 250 * 40)
    #expect(long < short * 5)
  }

  @Test func `a plan does not go below what is held`() throws {
    var graph = VariableGraph()
    try graph.declare("o", shape: [4, 4], initializer: .orthogonal())
    try graph.declare("e", as: .value("o") + TensorExpression.value("o").scaled(by: 2))
    let steps = try EvaluationGraph(graph)
    let root = steps.root(of: try graph.variable(named: "e"))
    let whole = EvaluationPlan(steps, root: root)
    let variable = try #require(whole.held.first)
    let rest = EvaluationPlan(steps, root: root) { $0 == variable }
    #expect(whole.held == [variable] && whole.direct == [variable])
    #expect(rest.held == [] && rest.direct == [variable] && rest.targets.isEmpty)
    let present = EvaluationPlan(steps, root: root) { $0 == root }
    #expect(present.direct == [root] && present.visitedStepCount == 1)
  }

  @Test func `a zeros-like reads no value`() throws {
    var graph = VariableGraph()
    try graph.declare("o", shape: [4, 4], initializer: .orthogonal())
    try graph.declare("e", as: .zeros(like: "o"))
    let steps = try EvaluationGraph(graph)
    let plan = EvaluationPlan(steps, root: steps.root(of: try graph.variable(named: "e")))
    #expect(plan.held.isEmpty && plan.targets.isEmpty)
  }
}
