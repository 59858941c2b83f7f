internal import Tensors

extension ExpressionOperation {
  /// The sizes of the result of an operation on one operand that moves, chooses or gathers elements.
  func resultDimensions(of shape: Shape, _ scalarType: ScalarType) throws -> [Int] {
    var dimensions = shape.dimensions
    switch self {
    case .reshape(let wanted):
      let new = try Shape(wanted)
      guard new.elementCount == shape.elementCount else {
        throw ExpressionError.unsuitableShape(
          name, shape,
          needed: "the \(new.elementCount) elements of \(new), found \(shape.elementCount)")
      }
      return wanted
    case .transpose(let axes):
      guard let axes else { return dimensions.reversed() }
      let places = try checked(axes, "axes", rank: shape.rank)
      guard places.count == shape.rank else {
        throw ExpressionError.invalidParameter(
          name, "axes", found: "\(axes)", needed: "all \(shape.rank) axes in some order")
      }
      return places.map { dimensions[$0] }
    case .slice(let ranges):
      let places = try checked(ranges.map(\.axis), "axis", rank: shape.rank)
      for (range, place) in zip(ranges, places) {
        guard range.lower >= 0, range.lower <= range.upper, range.upper <= dimensions[place],
          range.step >= 1
        else {
          throw ExpressionError.invalidParameter(
            name, "the range of axis \(place)",
            found: "\(range.lower) up to \(range.upper) in steps of \(range.step)",
            needed: "inside 0 up to \(dimensions[place]) in steps of 1 or more")
        }
        let count = range.upper - range.lower
        dimensions[place] = count / range.step + (count % range.step == 0 ? 0 : 1)
      }
      return dimensions
    case .pad(let paddings, let value):
      guard ScalarCoding.bitPattern(of: value, as: scalarType) != nil else {
        throw ExpressionError.valueNotRepresentable(
          JSONValue.double(value).canonicalText, scalarType)
      }
      let places = try checked(paddings.map(\.axis), "axis", rank: shape.rank)
      for (padding, place) in zip(paddings, places) {
        guard padding.before >= 0, padding.after >= 0 else {
          throw ExpressionError.invalidParameter(
            name, "the padding of axis \(place)", found: "\(padding.before) and \(padding.after)",
            needed: "0 or more on either side")
        }
        let (first, isOver) = dimensions[place].addingReportingOverflow(padding.before)
        let (second, isOverAgain) = first.addingReportingOverflow(padding.after)
        guard !isOver, !isOverAgain else { throw tooLong() }
        dimensions[place] = second
      }
      return dimensions
    case .broadcast(let wanted):
      let new = try Shape(wanted)
      let lead = new.rank - shape.rank
      guard lead >= 0,
        dimensions.indices.allSatisfy({
          dimensions[$0] == wanted[lead + $0] || dimensions[$0] == 1
        })
      else {
        throw ExpressionError.unsuitableShape(
          name, shape, needed: "the last sizes of \(new), or 1 in their place")
      }
      return wanted
    case .repeat(let count, let axis):
      let place = try checked(axis, "axis", rank: shape.rank)
      guard count >= 0 else {
        throw ExpressionError.invalidParameter(
          name, "count", found: "\(count)", needed: "0 or more")
      }
      let (size, overflow) = dimensions[place].multipliedReportingOverflow(by: count)
      guard !overflow else { throw tooLong() }
      dimensions[place] = size
      return dimensions
    case .norm(let axes):
      guard !axes.isEmpty else {
        throw ExpressionError.invalidParameter(
          name, "axes", found: "none", needed: "one axis or more")
      }
      for place in try checked(axes, "axes", rank: shape.rank) { dimensions[place] = 1 }
      return dimensions
    default: preconditionFailure("an operation on one operand that moves or gathers elements")
    }
  }
}
