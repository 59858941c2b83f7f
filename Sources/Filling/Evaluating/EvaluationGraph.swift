internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// The steps that make the expressions of a graph, each once, however many variables need it.
struct EvaluationGraph: Sendable {
  let graph: VariableGraph
  private(set) var nodes: [EvaluationNode] = []
  private var numbers: [EvaluationNode: Int] = [:]
  private var roots: NameTable<Int> = [:]
  /// The places of the variables that initializers make.
  private var places: NameTable<Int> = [:]

  /// Adds the expressions of a graph in the order of declaration, in which each comes after what it reads.
  init(_ graph: VariableGraph) throws {
    self.graph = graph
    for (index, variable) in graph.variables.enumerated() {
      if let expression = variable.expression {
        roots[variable.name] = try add(expression)
      } else {
        places[variable.name] = index
      }
    }
  }

  /// The step that makes a variable whose value is an expression.
  func root(of variable: Variable) -> Int {
    guard let root = roots[variable.name] else {
      preconditionFailure("an expression is one of its graph")
    }
    return root
  }

  private mutating func addVariable(_ name: String) -> Int {
    if let root = roots[name] { return root }
    guard let place = places[name] else {
      preconditionFailure("what an expression reads is declared before it")
    }
    let variable = graph.variables[place]
    let root = add(.variable(place), variable.shape.dimensions, variable.scalarType)
    roots[name] = root
    return root
  }

  private func type(of expression: TensorExpression) throws -> ExpressionType {
    try expression.type { name in
      let variable = try graph.variable(named: name)
      return ExpressionType(shape: variable.shape, scalarType: variable.scalarType)
    }
  }

  mutating func add(
    _ kind: EvaluationNode.Kind, _ dimensions: [Int], _ type: ScalarType
  ) -> Int {
    let node = EvaluationNode(kind: kind, dimensions: dimensions, scalarType: type)
    if let known = numbers[node] { return known }
    numbers[node] = nodes.count
    nodes.append(node)
    return nodes.count - 1
  }

  /// A tensor of one number.
  private mutating func addFill(
    _ value: Double, _ dimensions: [Int], _ type: ScalarType
  ) -> Int {
    guard let pattern = ScalarCoding.bitPattern(of: value, as: type) else {
      preconditionFailure("a number that fills was checked when it was declared")
    }
    let one = add(.constant(Self.bytes([pattern], type)), [], type)
    guard !dimensions.isEmpty else { return one }
    let view = AxisView(sources: dimensions.map { _ in nil }, rank: 0)
    return add(.view(view, one), dimensions, type)
  }

  private static func bytes(_ patterns: [UInt64], _ type: ScalarType) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: patterns.count * type.byteCount)
    bytes.withMutableRawSpan { span in
      for (place, pattern) in patterns.enumerated() {
        ScalarCoding.store(bitPattern: pattern, in: &span, at: place, as: type)
      }
    }
    return bytes
  }

  private mutating func add(_ expression: TensorExpression) throws -> Int {
    switch expression.node {
    case .variable(let name): return addVariable(name)
    case .constant(let constant):
      return add(
        .constant(Self.bytes(constant.patterns, constant.scalarType)), constant.shape.dimensions,
        constant.scalarType)
    case .operation(let operation, let operands):
      if operation == .zerosLike || operation == .onesLike {
        let type = try type(of: operands[0])
        return addFill(
          operation == .onesLike ? 1 : 0, type.shape.dimensions, type.scalarType)
      }
      let inputs = try operands.map { try add($0) }
      let type = try operation.type(
        of: inputs.map {
          ExpressionType(shape: try Shape(nodes[$0].dimensions), scalarType: nodes[$0].scalarType)
        })
      return add(operation, inputs, type)
    }
  }

  private mutating func add(
    _ operation: ExpressionOperation, _ inputs: [Int], _ type: ExpressionType
  ) -> Int {
    let input = inputs[0]
    let dimensions = type.shape.dimensions
    func make(_ kind: EvaluationNode.Kind) -> Int { add(kind, dimensions, type.scalarType) }
    switch operation {
    case .cast: return nodes[input].scalarType == type.scalarType ? input : make(.cast(input))
    case .scale(let factor): return make(.scale(factor, input))
    case .negate: return make(.negate(input))
    case .squareRoot: return make(.squareRoot(input))
    case .add: return make(.combine(.add, inputs))
    case .subtract: return make(.combine(.subtract, inputs))
    case .multiply: return make(.combine(.multiply, inputs))
    case .divide: return make(.combine(.divide, inputs))
    case .reshape: return reshaped(input, dimensions)
    case .transpose, .slice, .broadcast: return addView(operation, input, dimensions)
    case .concatenate(let axis):
      return concatenated(inputs, axis: Self.place(axis, rank: dimensions.count), dimensions)
    case .stack(let axis):
      let place = Self.place(axis, rank: dimensions.count)
      var part = dimensions
      part[place] = 1
      return concatenated(inputs.map { reshaped($0, part) }, axis: place, dimensions)
    case .pad(let paddings, let value): return padded(input, paddings, value)
    case .repeat(let count, let axis): return repeated(input, count, axis, dimensions)
    case .norm(let axes):
      let rank = dimensions.count
      return make(.norm(axes: axes.map { Self.place($0, rank: rank) }.sorted(), input))
    case .matmul: return make(.product(inputs[0], inputs[1]))
    case .qrQ: return factor(0, .qr, of: input, dimensions)
    case .qrR: return factor(1, .qr, of: input, dimensions)
    case .svdU: return factor(0, .svd, of: input, dimensions)
    case .svdS: return factor(1, .svd, of: input, dimensions)
    case .svdVt: return factor(2, .svd, of: input, dimensions)
    case .zerosLike, .onesLike: preconditionFailure("a fill reads nothing")
    }
  }

  private static func place(_ axis: Int, rank: Int) -> Int { axis < 0 ? axis + rank : axis }

  private mutating func factor(
    _ number: Int, _ factorization: Factorization, of input: Int, _ dimensions: [Int]
  ) -> Int {
    let matrix = nodes[input]
    let factors = add(.factors(factorization, input), matrix.dimensions, matrix.scalarType)
    return add(.factor(number, of: factors), dimensions, matrix.scalarType)
  }

  private mutating func addView(
    _ operation: ExpressionOperation, _ input: Int, _ dimensions: [Int]
  ) -> Int {
    let old = nodes[input].dimensions
    var sources: [AxisView.Source?]
    switch operation {
    case .transpose(let axes):
      sources =
        axes?.map { AxisView.Source(axis: Self.place($0, rank: old.count)) }
        ?? old.indices.reversed().map { AxisView.Source(axis: $0) }
    case .slice(let ranges):
      sources = old.indices.map { AxisView.Source(axis: $0) }
      for range in ranges {
        let place = Self.place(range.axis, rank: old.count)
        sources[place] = AxisView.Source(axis: place, start: range.lower, step: range.step)
      }
    default:
      let lead = dimensions.count - old.count
      sources = dimensions.indices.map { axis in
        axis < lead || old[axis - lead] != dimensions[axis]
          ? nil : AxisView.Source(axis: axis - lead)
      }
    }
    let same = old.indices.map { AxisView.Source(axis: $0) }
    if sources == same, dimensions == old { return input }
    return add(
      .view(AxisView(sources: sources, rank: old.count), input), dimensions,
      nodes[input].scalarType)
  }

  private mutating func concatenated(_ inputs: [Int], axis: Int, _ dimensions: [Int]) -> Int {
    if inputs.count == 1 { return inputs[0] }
    return add(.concatenate(axis: axis, inputs), dimensions, nodes[inputs[0]].scalarType)
  }

  private mutating func padded(
    _ input: Int, _ paddings: [ExpressionOperation.AxisPadding], _ value: Double
  ) -> Int {
    var made = input
    let type = nodes[input].scalarType
    for padding in paddings {
      var dimensions = nodes[made].dimensions
      let axis = Self.place(padding.axis, rank: dimensions.count)
      var parts = [made]
      let middle = dimensions[axis]
      for (count, place) in [(padding.before, 0), (padding.after, 1)] where count > 0 {
        dimensions[axis] = count
        let fill = addFill(value, dimensions, type)
        parts.insert(fill, at: place == 0 ? 0 : parts.count)
      }
      dimensions[axis] = middle + padding.before + padding.after
      made = concatenated(parts, axis: axis, dimensions)
    }
    return made
  }

  /// A new axis behind the repeated one, spread out, and joined with it.
  private mutating func repeated(
    _ input: Int, _ count: Int, _ axis: Int, _ dimensions: [Int]
  ) -> Int {
    var split = nodes[input].dimensions
    let place = Self.place(axis, rank: split.count)
    split.insert(1, at: place + 1)
    let apart = reshaped(input, split)
    split[place + 1] = count
    return reshaped(addView(.broadcast(split), apart, split), dimensions)
  }

  /// The same elements in another shape. A reshape is moved below element-wise steps, down to where
  /// elements lie one after another and it costs nothing.
  private mutating func reshaped(_ input: Int, _ dimensions: [Int], levels: Int = 8) -> Int {
    let node = nodes[input]
    guard node.dimensions != dimensions else { return input }
    func made(_ kind: EvaluationNode.Kind) -> Int { add(kind, dimensions, node.scalarType) }
    func below(_ input: Int) -> Int { reshaped(input, dimensions, levels: levels - 1) }
    switch node.kind {
    case .reshape(let inner): return reshaped(inner, dimensions, levels: levels)
    case .combine(let combination, let inputs) where levels > 0:
      return made(.combine(combination, inputs.map(below)))
    case .scale(let factor, let inner) where levels > 0: return made(.scale(factor, below(inner)))
    case .negate(let inner) where levels > 0: return made(.negate(below(inner)))
    case .squareRoot(let inner) where levels > 0: return made(.squareRoot(below(inner)))
    case .cast(let inner) where levels > 0: return made(.cast(below(inner)))
    default: return made(.reshape(input))
    }
  }
}
