import Nascent

/// Evaluates expressions one after another by plain loops, as `ExpressionOperation` defines them.
struct ReferenceEvaluator {
  var values: [String: ReferenceTensor] = [:]

  func value(of expression: TensorExpression) throws -> ReferenceTensor {
    switch expression.node {
    case .variable(let name):
      guard let value = values[name] else { throw InitializerError(message: "no \(name)") }
      return value
    case .constant(let constant):
      return ReferenceTensor(
        constant.shape.dimensions, constant.scalarType, constant.patterns)
    case .operation(let operation, let operands):
      return try value(of: operation, operands.map(value(of:)))
    }
  }

  private func value(
    of operation: ExpressionOperation, _ operands: [ReferenceTensor]
  ) throws -> ReferenceTensor {
    let first = operands[0]
    let rank = first.shape.count
    func place(_ axis: Int, _ rank: Int) -> Int { axis < 0 ? rank + axis : axis }
    switch operation {
    case .cast(let type): return Self.cast(first, to: type)
    case .scale(let factor):
      let rounded = ScalarCoding.double(
        bitPattern: ReferenceTensor.rounded(factor, first.type), as: first.type)
      return Self.map(first) { Self.float($0, rounded, first.type, *, *) }
    case .negate:
      var negated = first
      for place in negated.bits.indices {
        negated.bits[place] =
          first.type.isFloatingPoint
          ? first.bits[place] ^ 1 << UInt64(8 * first.type.byteCount - 1)
          : ReferenceTensor.truncated(0 &- first.bits[place], first.type)
      }
      return negated
    case .squareRoot:
      return Self.map(first) {
        first.type == .float64 ? $0.squareRoot() : Double(Float($0).squareRoot())
      }
    case .add: return operands.dropFirst().reduce(first) { Self.combine($0, $1, +, +, &+) }
    case .subtract: return Self.combine(first, operands[1], -, -, &-)
    case .multiply: return operands.dropFirst().reduce(first) { Self.combine($0, $1, *, *, &*) }
    case .divide: return Self.combine(first, operands[1], /, /, { a, _ in a })
    case .reshape(let shape): return ReferenceTensor(shape, first.type, first.bits)
    case .transpose(let axes):
      let axes = axes?.map { place($0, rank) } ?? Array((0..<rank).reversed())
      return first.gathered(axes.map { first.shape[$0] }) { index in
        var source = index
        for (position, axis) in axes.enumerated() { source[axis] = index[position] }
        return source
      }
    case .slice(let ranges):
      var shape = first.shape
      var lower = [Int](repeating: 0, count: rank)
      var step = [Int](repeating: 1, count: rank)
      for range in ranges {
        let axis = place(range.axis, rank)
        shape[axis] = Array(stride(from: range.lower, to: range.upper, by: range.step)).count
        lower[axis] = range.lower
        step[axis] = range.step
      }
      return first.gathered(shape) { index in
        index.indices.map { lower[$0] + step[$0] * index[$0] }
      }
    case .concatenate(let axis): return Self.concatenated(operands, place(axis, rank))
    case .stack(let axis):
      let new = place(axis, rank + 1)
      return Self.concatenated(
        operands.map { operand in
          var shape = operand.shape
          shape.insert(1, at: new)
          return ReferenceTensor(shape, operand.type, operand.bits)
        }, new)
    case .pad(let paddings, let value):
      var shape = first.shape
      var before = [Int](repeating: 0, count: rank)
      for padding in paddings {
        let axis = place(padding.axis, rank)
        shape[axis] += padding.before + padding.after
        before[axis] += padding.before
      }
      let filler = ScalarCoding.bitPattern(of: value, as: first.type) ?? 0
      return ReferenceTensor(
        shape, first.type,
        ReferenceTensor.indices(shape).map { index in
          let source = index.indices.map { index[$0] - before[$0] }
          let isInside = source.indices.allSatisfy {
            source[$0] >= 0 && source[$0] < first.shape[$0]
          }
          return isInside ? first.bits[first.offset(source)] : filler
        })
    case .broadcast(let shape):
      let lead = shape.count - rank
      return first.gathered(shape) { index in
        (0..<rank).map { first.shape[$0] == 1 ? 0 : index[lead + $0] }
      }
    case .repeat(let count, let axis):
      let axis = place(axis, rank)
      var shape = first.shape
      shape[axis] *= count
      return first.gathered(shape) { index in
        var source = index
        source[axis] /= count
        return source
      }
    case .norm(let axes): return Self.norm(first, axes.map { place($0, rank) })
    case .matmul: return Self.product(first, operands[1])
    case .zerosLike: return ReferenceTensor(first.shape, first.type, first.bits.map { _ in 0 })
    case .onesLike:
      let one = ScalarCoding.bitPattern(of: 1, as: first.type) ?? 0
      return ReferenceTensor(first.shape, first.type, first.bits.map { _ in one })
    case .qrQ, .qrR, .svdU, .svdS, .svdVt:
      throw InitializerError(message: "decompositions have tests of their own")
    }
  }

  /// One operation in the dtype, or in float32 for halves.
  private static func float(
    _ a: Double, _ b: Double, _ type: ScalarType, _ double: (Double, Double) -> Double,
    _ single: (Float, Float) -> Float
  ) -> Double {
    type == .float64 ? double(a, b) : Double(single(Float(a), Float(b)))
  }

  private static func map(
    _ operand: ReferenceTensor, _ body: (Double) -> Double
  ) -> ReferenceTensor {
    var result = operand
    for place in result.bits.indices {
      result.bits[place] = ReferenceTensor.rounded(body(operand.number(place)), operand.type)
    }
    return result
  }

  private static func combine(
    _ a: ReferenceTensor, _ b: ReferenceTensor, _ double: (Double, Double) -> Double,
    _ single: (Float, Float) -> Float, _ integer: (UInt64, UInt64) -> UInt64
  ) -> ReferenceTensor {
    var result = a
    for place in result.bits.indices {
      result.bits[place] =
        a.type.isFloatingPoint
        ? ReferenceTensor.rounded(
          float(a.number(place), b.number(place), a.type, double, single), a.type)
        : ReferenceTensor.truncated(integer(a.bits[place], b.bits[place]), a.type)
    }
    return result
  }

  private static func cast(_ operand: ReferenceTensor, to type: ScalarType) -> ReferenceTensor {
    guard operand.type != type else { return operand }
    var result = ReferenceTensor(operand.shape, type, operand.bits)
    for place in result.bits.indices {
      let number = operand.number(place)
      if type == .bool {
        result.bits[place] =
          operand.type.isFloatingPoint ? (number != 0 ? 1 : 0) : (operand.bits[place] != 0 ? 1 : 0)
      } else if operand.type.isFloatingPoint {
        result.bits[place] =
          type.isFloatingPoint
          ? ReferenceTensor.rounded(number, type)
          : ReferenceTensor.truncated(UInt64(bitPattern: Int64(number.rounded(.towardZero))), type)
      } else if type.isFloatingPoint {
        let isSigned = [.int8, .int16, .int32, .int64].contains(operand.type)
        let (whole, natural) = (operand.integer(place), operand.bits[place])
        let single = isSigned ? Float(whole) : Float(natural)
        let double = isSigned ? Double(whole) : Double(natural)
        result.bits[place] =
          type == .float64
          ? double.bitPattern : ReferenceTensor.rounded(Double(single), type)
      } else {
        result.bits[place] = ReferenceTensor.truncated(
          UInt64(bitPattern: operand.integer(place)), type)
      }
    }
    return result
  }

  private static func concatenated(_ parts: [ReferenceTensor], _ axis: Int) -> ReferenceTensor {
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    return ReferenceTensor(
      shape, parts[0].type,
      ReferenceTensor.indices(shape).map { index in
        var source = index
        var part = 0
        while source[axis] >= parts[part].shape[axis] {
          source[axis] -= parts[part].shape[axis]
          part += 1
        }
        return parts[part].bits[parts[part].offset(source)]
      })
  }

  private static func norm(_ operand: ReferenceTensor, _ axes: [Int]) -> ReferenceTensor {
    var shape = operand.shape
    for axis in axes { shape[axis] = 1 }
    var result = ReferenceTensor(shape, operand.type, [])
    var sums = [Double](repeating: 0, count: shape.reduce(1, *))
    for (place, index) in ReferenceTensor.indices(operand.shape).enumerated() {
      var target = index
      for axis in axes { target[axis] = 0 }
      sums[result.offset(target)] += operand.number(place) * operand.number(place)
    }
    result.bits = sums.map { ReferenceTensor.rounded($0.squareRoot(), operand.type) }
    return result
  }

  private static func product(_ a: ReferenceTensor, _ b: ReferenceTensor) -> ReferenceTensor {
    let (rows, inner, columns) = (a.shape[0], a.shape[1], b.shape[1])
    var result = ReferenceTensor([rows, columns], a.type, [])
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = 0.0
        for k in 0..<inner { sum += a.number(i * inner + k) * b.number(k * columns + j) }
        result.bits.append(ReferenceTensor.rounded(sum, a.type))
      }
    }
    return result
  }
}
