public import Tensors

/// The shape and the dtype of an expression.
public struct ExpressionType: Sendable, Hashable {
  /// The sizes of the axes.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType

  /// A shape and a dtype.
  public init(shape: Shape, scalarType: ScalarType) {
    self.shape = shape
    self.scalarType = scalarType
  }
}

extension TensorExpression {
  /// The shape and the dtype of the value.
  ///
  /// - Parameter variable: Gives those of a variable.
  /// - Throws: `ExpressionError`, and what `variable` throws.
  public func type(of variable: (String) throws -> ExpressionType) throws -> ExpressionType {
    guard depth <= TensorExpression.maximumDepth else {
      throw ExpressionError.tooComplex(
        "\(depth) operations inside one another", limit: TensorExpression.maximumDepth)
    }
    guard nodeCount <= TensorExpression.maximumNodeCount else {
      throw ExpressionError.tooComplex(
        "too many operations and operands", limit: TensorExpression.maximumNodeCount)
    }
    return try inferred(variable)
  }

  private func inferred(_ variable: (String) throws -> ExpressionType) throws -> ExpressionType {
    switch node {
    case .variable(let name): return try variable(name)
    case .constant(let constant):
      return ExpressionType(shape: constant.shape, scalarType: constant.scalarType)
    case .operation(let operation, let operands):
      let types = try operands.map { try $0.inferred(variable) }
      do {
        let type = try operation.type(of: types)
        // The bytes must be countable, too.
        _ = try type.shape.byteCount(of: type.scalarType)
        return type
      } catch let error as TensorError {
        throw ExpressionError.invalidShape(error)
      }
    }
  }
}

extension ExpressionOperation {
  /// The type of the result.
  ///
  /// - Throws: `ExpressionError`; `TensorError` for a shape that is none.
  package func type(of operands: [ExpressionType]) throws -> ExpressionType {
    guard operandCount.contains(operands.count), let first = operands.first else {
      throw ExpressionError.wrongOperandCount(
        name, found: operands.count, needed: operandCountText)
    }
    for other in operands.dropFirst() where other.scalarType != first.scalarType {
      throw ExpressionError.differentScalarTypes(name, first.scalarType, other.scalarType)
    }
    try checkScalarType(first.scalarType)
    func result(_ dimensions: [Int]) throws -> ExpressionType {
      ExpressionType(shape: try Shape(dimensions), scalarType: first.scalarType)
    }
    switch self {
    case .cast(let type): return ExpressionType(shape: first.shape, scalarType: type)
    case .scale, .negate, .squareRoot, .zerosLike, .onesLike: return first
    case .add, .subtract, .multiply, .divide:
      try checkEqualShapes(operands)
      return first
    case .stack(let axis):
      try checkEqualShapes(operands)
      var dimensions = first.shape.dimensions
      let place = try checked(axis, "axis", rank: first.shape.rank + 1)
      dimensions.insert(operands.count, at: place)
      return try result(dimensions)
    case .concatenate(let axis):
      return try result(concatenated(operands.map(\.shape), axis: axis))
    case .matmul:
      let (left, right) = (try matrix(operands[0].shape), try matrix(operands[1].shape))
      guard left.columns == right.rows else {
        throw ExpressionError.unsuitableShape(
          name, operands[1].shape, needed: "\(left.columns) rows, as many as the first has columns")
      }
      return try result([left.rows, right.columns])
    case .qrQ, .svdU:
      let (rows, columns) = try matrix(first.shape)
      return try result([rows, min(rows, columns)])
    case .qrR, .svdVt:
      let (rows, columns) = try matrix(first.shape)
      return try result([min(rows, columns), columns])
    case .svdS:
      let (rows, columns) = try matrix(first.shape)
      return try result([min(rows, columns)])
    case .reshape, .transpose, .slice, .pad, .broadcast, .repeat, .norm:
      return try result(resultDimensions(of: first.shape, first.scalarType))
    }
  }

  /// How many operands there may be.
  private var operandCount: ClosedRange<Int> {
    switch self {
    case .add, .multiply: 2...Int.max
    case .concatenate, .stack: 1...Int.max
    case .subtract, .divide, .matmul: 2...2
    default: 1...1
    }
  }

  private var operandCountText: String {
    let range = operandCount
    if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
    return "at least \(range.lowerBound)"
  }

  private func checkScalarType(_ type: ScalarType) throws {
    switch self {
    case .scale, .squareRoot, .divide, .norm, .matmul, .qrQ, .qrR, .svdU, .svdS, .svdVt:
      guard type.isFloatingPoint else {
        throw ExpressionError.unsuitableScalarType(name, type, needed: "floating-point")
      }
    case .add, .subtract, .multiply, .negate:
      guard type != .bool else {
        throw ExpressionError.unsuitableScalarType(name, type, needed: "a number's")
      }
    default: break
    }
  }

  private func checkEqualShapes(_ operands: [ExpressionType]) throws {
    for other in operands.dropFirst() where other.shape != operands[0].shape {
      throw ExpressionError.differentShapes(name, operands[0].shape, other.shape)
    }
  }

  private func matrix(_ shape: Shape) throws -> (rows: Int, columns: Int) {
    guard shape.rank == 2 else {
      throw ExpressionError.unsuitableShape(name, shape, needed: "two axes")
    }
    return (shape.dimensions[0], shape.dimensions[1])
  }

  private func concatenated(_ shapes: [Shape], axis: Int) throws -> [Int] {
    var dimensions = shapes[0].dimensions
    let place = try checked(axis, "axis", rank: dimensions.count)
    for other in shapes.dropFirst() {
      guard other.rank == dimensions.count,
        dimensions.indices.allSatisfy({ $0 == place || dimensions[$0] == other.dimensions[$0] })
      else { throw ExpressionError.differentShapes(name, shapes[0], other, along: place) }
      let (sum, overflow) = dimensions[place].addingReportingOverflow(other.dimensions[place])
      guard !overflow else { throw tooLong() }
      dimensions[place] = sum
    }
    return dimensions
  }

  /// An axis counted from 0.
  func checked(_ axis: Int, _ parameter: String, rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw ExpressionError.invalidParameter(
        name, parameter, found: "\(axis)",
        needed: rank == 0
          ? "an axis, and the operand has none" : "an axis from \(-rank) to \(rank - 1)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Axes counted from 0, none twice.
  func checked(_ axes: [Int], _ parameter: String, rank: Int) throws -> [Int] {
    let places = try axes.map { try checked($0, parameter, rank: rank) }
    guard Set(places).count == places.count else {
      throw ExpressionError.invalidParameter(
        name, parameter, found: "\(axes)", needed: "axes of which none occurs twice")
    }
    return places
  }

  func tooLong() -> ExpressionError {
    ExpressionError.invalidParameter(
      name, "the size of an axis", found: "a larger one", needed: "below 2^63")
  }
}
