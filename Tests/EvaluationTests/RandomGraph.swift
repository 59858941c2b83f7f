import Nascent
import TestSupport

/// Random graphs of expressions over variables that initializers make.
struct RandomGraph {
  private(set) var graph: VariableGraph
  private(set) var names: [String] = []
  /// Every kind of operation that was used, with the number of its uses.
  private(set) var uses: [String: Int] = [:]
  private var generator: SeededGenerator

  init(seed: UInt64, expressionCount: Int) throws {
    generator = SeededGenerator(state: seed)
    graph = VariableGraph(seed: Int64(bitPattern: seed))
    for number in 0..<Int.random(in: 1...4, using: &generator) { try declareBase(number) }
    var made = 0
    while made < expressionCount {
      let expression = try self.expression(depth: Int.random(in: 1...4, using: &generator))
      let type = try self.type(of: expression)
      // Broadcasts and products of large tensors would make the plain loops slow.
      guard type.shape.elementCount <= 4000, type.shape.rank <= 5 else { continue }
      let name = "e\(made)"
      try graph.declare(name, as: expression)
      names.append(name)
      count(expression)
      made += 1
    }
  }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &generator)]
  }

  private mutating func size() -> Int {
    Int.random(in: 0...9, using: &generator) == 0 ? 0 : Int.random(in: 1...7, using: &generator)
  }

  private mutating func declareBase(_ number: Int) throws {
    let rank = Int.random(in: 0...4, using: &generator)
    let shape = (0..<rank).map { _ in size() }
    let name = "v\(number)"
    let float = pick([ScalarType.float32, .float32, .float64, .float16, .bfloat16])
    switch Int.random(in: 0...5, using: &generator) {
    case 0:
      let type = pick([ScalarType.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64])
      let count = shape.reduce(1, *)
      let list = (0..<count).map { _ in
        JSONValue.integer(Int64.random(in: 0...120, using: &generator))
      }
      try graph.declare(
        name, shape: shape, dtype: type,
        initializer: ConstantInitializer(json: count == 0 ? 3 : .array(list)))
    case 1:
      try graph.declare(
        name,
        shape: [
          Int.random(in: 1...6, using: &generator), Int.random(in: 1...6, using: &generator),
        ],
        dtype: float == .bfloat16 ? .float16 : float, initializer: .orthogonal())
    case 2: try graph.declare(name, shape: shape, dtype: float, initializer: .uniform())
    case 3: try graph.declare(name, shape: shape, dtype: float, initializer: .truncatedNormal())
    default: try graph.declare(name, shape: shape, dtype: float, initializer: .normal())
    }
    names.append(name)
  }

  func type(of expression: TensorExpression) throws -> ExpressionType {
    try expression.type { name in
      let variable = try graph.variable(named: name)
      return ExpressionType(shape: variable.shape, scalarType: variable.scalarType)
    }
  }

  private mutating func expression(depth: Int) throws -> TensorExpression {
    let leaf = TensorExpression.value(pick(names))
    guard depth > 0 else { return leaf }
    let inner = try expression(depth: depth - 1)
    let type = try type(of: inner)
    let shape = type.shape.dimensions
    let axes = Array(shape.indices)
    let isFloat = type.scalarType.isFloatingPoint
    let isNumber = type.scalarType != .bool
    switch Int.random(in: 0...21, using: &generator) {
    case 0:
      return inner.cast(
        to: isFloat
          ? pick([.float16, .bfloat16, .float32, .float64, .bool]) : pick(ScalarType.allCases))
    case 1 where isFloat: return inner.scaled(by: pick([0.5, -1.7, 1e-3, 3, 0]))
    case 2 where isNumber: return -inner
    case 3 where isFloat: return (inner * inner).squareRoot()
    case 4 where isNumber: return inner + (try partner(of: inner, type)) + inner
    case 5 where isNumber: return inner - (try partner(of: inner, type))
    case 6 where isNumber: return inner * (try partner(of: inner, type))
    case 7 where isFloat: return inner / (try partner(of: inner, type))
    case 8:
      let count = type.shape.elementCount
      let factor = pick([1, 2, 3, 4, 6].filter { count % $0 == 0 })
      return inner.reshaped(to: count == 0 ? [0, 3] : [factor, count / factor])
    case 9, 10:
      return inner.transposed(
        Bool.random(using: &generator) ? nil : axes.shuffled(using: &generator))
    case 11, 12:
      let ranges = axes.filter { _ in Bool.random(using: &generator) }.map { axis in
        let lower = Int.random(in: 0...shape[axis], using: &generator)
        let upper = Int.random(in: lower...shape[axis], using: &generator)
        return ExpressionOperation.AxisRange(
          axis: Bool.random(using: &generator) ? axis : axis - shape.count, lower..<upper,
          step: Int.random(in: 1...3, using: &generator))
      }
      return inner.sliced(ranges)
    case 13 where !axes.isEmpty:
      return .concatenate([inner, try partner(of: inner, type), inner], axis: pick(axes))
    case 14:
      return .stack(
        [try partner(of: inner, type), inner],
        axis: Int.random(in: -shape.count - 1...shape.count, using: &generator))
    case 15 where !axes.isEmpty:
      let paddings = axes.filter { _ in Bool.random(using: &generator) }.map {
        ExpressionOperation.AxisPadding(
          axis: $0, before: Int.random(in: 0...2, using: &generator),
          after: Int.random(in: 0...2, using: &generator))
      }
      return inner.padded(paddings, with: pick([0, 1]))
    case 16:
      let wanted = shape.map { $0 == 1 ? Int.random(in: 1...4, using: &generator) : $0 }
      return inner.broadcast(to: (Bool.random(using: &generator) ? [2] : []) + wanted)
    case 17 where !axes.isEmpty:
      return inner.repeated(Int.random(in: 0...3, using: &generator), axis: pick(axes))
    case 18 where isFloat && !axes.isEmpty:
      let chosen = axes.filter { _ in Bool.random(using: &generator) }
      return inner.norm(axes: chosen.isEmpty ? [-1] : chosen)
    case 19 where isFloat && shape.count == 2:
      return .matmul(inner, inner.transposed())
    case 20:
      return Bool.random(using: &generator) ? .zeros(like: pick(names)) : .ones(like: pick(names))
    default: return inner
    }
  }

  /// An expression of the same shape and dtype.
  private mutating func partner(
    of expression: TensorExpression, _ type: ExpressionType
  ) throws -> TensorExpression {
    let same = names.filter {
      graph[$0]?.shape == type.shape && graph[$0]?.scalarType == type.scalarType
    }
    if !same.isEmpty, Bool.random(using: &generator) { return .value(pick(same)) }
    if Bool.random(using: &generator), type.scalarType != .bool { return -expression }
    return try .constant(1, as: type.scalarType).broadcast(to: type.shape.dimensions)
  }

  private mutating func count(_ expression: TensorExpression) {
    guard case .operation(let operation, let operands) = expression.node else { return }
    uses[operation.name, default: 0] += 1
    for operand in operands { count(operand) }
  }
}
