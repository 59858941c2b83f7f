internal import VariableGraph

/// How one variable is made: which steps are made as a whole before, and which with the elements that
/// are asked for.
///
/// Made as a whole and held are: products, decompositions and norms; variables whose initializer makes
/// them as a whole; steps of some length that are read more than once, so that none is done again and
/// again; and a step in every few dozen of a long chain. All others stream. What is held already is read as
/// it is: a plan does not go below it, so that the plans of a long chain are short.
struct EvaluationPlan: Sendable {
  let nodes: [EvaluationNode]
  let root: Int
  /// The steps that are to be held and are not there yet, in an order in which each comes after what it needs.
  let held: [Int]
  /// The held steps that the root streams from.
  let direct: Set<Int>
  /// How many steps were looked at.
  let visitedStepCount: Int
  /// The held steps that each held step, and the root, reads without another between.
  let needs: [Int: Set<Int>]
  /// What the initializers of the variables that are read are told.
  let targets: [Int: FillTarget]

  /// A step that is read twice is held when it is itself more than so many steps.
  private static let repeatedStepCount = 16
  /// Steps that are done one inside another, at most.
  private static let nestedStepCount = 32

  /// - Parameter isPresent: Whether a step is held already; asked once for each step that is read.
  init(_ graph: EvaluationGraph, root: Int, isPresent: (Int) -> Bool = { _ in false }) {
    nodes = graph.nodes
    self.root = root
    let (missing, present) = Self.reachable(from: root, in: nodes, isPresent)
    visitedStepCount = missing.count + present.count
    var uses: [Int: Int] = [:]
    for number in missing { for input in nodes[number].inputs { uses[input, default: 0] += 1 } }

    var targets: [Int: FillTarget] = [:]
    var steps: [Int: Int] = [:]
    var nesting: [Int: Int] = [:]
    var needs: [Int: Set<Int>] = [:]
    var held: [Int] = []
    for number in missing {
      let node = nodes[number]
      if case .variable(let place) = node.kind {
        targets[number] = graph.graph.fillTarget(for: graph.graph.variables[place])
      }
      var needed: Set<Int> = []
      var stepCount = 1
      var nestedCount = 1
      for input in node.inputs {
        if steps[input] == nil {
          needed.insert(input)
          stepCount += 1
        } else {
          needed.formUnion(needs[input] ?? [])
          stepCount = min(stepCount + (steps[input] ?? 0), 1 << 20)
          nestedCount = max(nestedCount, 1 + (nesting[input] ?? 0))
        }
      }
      needs[number] = needed
      let isLong =
        number != root
        && ((uses[number, default: 0] > 1 && stepCount > Self.repeatedStepCount)
          || nestedCount >= Self.nestedStepCount)
      if isLong || Self.isMadeWhole(node, graph) {
        held.append(number)
      } else {
        steps[number] = stepCount
        nesting[number] = nestedCount
      }
    }
    self.held = held
    self.targets = targets
    let kept = Set(held).union([root])
    // A root that is held itself is read like any other: it needs itself.
    self.needs = needs.filter { kept.contains($0.key) }
    direct = held.last == root || present.contains(root) ? [root] : needs[root] ?? []
  }

  private static func isMadeWhole(_ node: EvaluationNode, _ graph: EvaluationGraph) -> Bool {
    switch node.kind {
    case .norm, .product, .factors: true
    case .variable(let index): !graph.graph.variables[index].isElementwise
    default: false
    }
  }

  /// What is to be made, in an order in which each comes after its inputs, and what is there.
  private static func reachable(
    from root: Int, in nodes: [EvaluationNode], _ isPresent: (Int) -> Bool
  ) -> (missing: [Int], present: Set<Int>) {
    var found: Set = [root]
    var present: Set<Int> = []
    var open = [root]
    while let number = open.popLast() {
      if isPresent(number) {
        present.insert(number)
      } else {
        for input in nodes[number].inputs where found.insert(input).inserted { open.append(input) }
      }
    }
    return (found.subtracting(present).sorted(), present)
  }
}
